import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { signalledServers, type DeployServer } from './deploy-servers.ts';
import { buildOnce, openResponderScene } from './responder-scene.ts';
import { seenByOpenssl } from './staple-scene.ts';

/** A server that asks a responder by itself, and what tells it whom. */
interface Asking {
  readonly server: DeployServer;
  line(url: string, directory: string): string;
}

const asking: Readonly<Record<'apache' | 'nginx' | 'proftpd', Asking>> = {
  apache: {
    server: signalledServers.apache,
    line: (
      url,
      directory,
    ) => `LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
SSLUseStapling on
SSLStaplingForceURL ${url}
SSLStaplingCache shmcb:${directory}/run/staples(65536)
SSLStaplingReturnResponderErrors off
SSLStaplingResponderTimeout 5`,
  },
  nginx: {
    server: signalledServers.nginx,
    line: (url) => `ssl_stapling on; ssl_stapling_responder ${url};`,
  },
  proftpd: {
    server: signalledServers.proftpd,
    line: (url, directory) => `TLSStapling on
TLSStaplingOptions NoFakeTryLater
TLSStaplingTimeout 5
TLSCACertificateFile ${directory}/cas.pem
TLSStaplingResponder ${url}`,
  },
};

beforeAll(buildOnce);

describe.each(['apache', 'nginx', 'proftpd'] as const)('%s, asking an agent', (which) => {
  const { server, line } = asking[which];
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    requirePeer(context, server.debian);
    requireFeature(context, 'accounts');
  });

  it('staples what the agent keeps, though the responder of the CA is down and both were started anew', async () => {
    const scene = await openResponderScene();
    const { lab, directory, url, done, own, startAgent } = scene;
    mkdirSync(join(directory, 'tls'), { mode: 0o755 });
    const tls = join(directory, 'tls/server');
    await done(`cert deploy cert-name gw1 key ${tls}.key fullchain ${tls}.pem`);
    await done('staple add gw1 target listener');
    const place = { directory, port: await unusedPort() };
    server.configure(place, line(url, directory));
    const before = lab.responder.requests().total;
    await lab.responder.inject('down');
    const { serial } = await own();
    const at = {
      host: '127.0.0.1',
      port: place.port,
      serverName: 'gw1.test',
      ...(server.starttls.length > 0 && { starttls: 'ftp' as const }),
    };
    // ProFTPD verifies what it is told, and needs issuer and root for that.
    const cas = ['issuing', 'root'].map((ca) => readFileSync(join(directory, `${ca}.pem`), 'utf8'));
    writeFileSync(join(directory, 'cas.pem'), cas.join(''));
    for (let start = 0; start < 2; start++) {
      const agent = await startAgent();
      const daemon = await server.start(place);
      onTestFinished(() => daemon.stop());
      // nginx asks when the first client has come, and staples to the next.
      const seen = async (): Promise<unknown> => await seenByOpenssl(at, 'tls1_2');
      await expect
        .poll(seen, { timeout: 20_000 })
        .toEqual({ response: 'successful', status: 'good', serial });
      expect(await seen()).toEqual({ response: 'successful', status: 'good', serial });
      await daemon.stop();
      await agent.stop();
    }
    expect(lab.responder.requests().total).toBe(before);
  });
});
