import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { run } from '../../src/cli/run.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { openScene, type Client } from '../kill/scene.ts';
import { haproxy, signalledServers, type DeployServer } from './deploy-servers.ts';
import { seenByOpenssl } from './staple-scene.ts';

/** A server, what its configuration says of staples, and what `staple add` is told of it. */
interface Stapling {
  readonly server: Omit<DeployServer, 'mistake'>;
  line(directory: string): string;
  words(directory: string): string;
}

const signalled = (directory: string): string =>
  `file ${directory}/tls/server.der pid-file ${directory}/pid config ${directory}/conf`;

const stapling: Readonly<Record<'haproxy' | 'nginx' | 'lighttpd' | 'proftpd', Stapling>> = {
  haproxy: {
    server: haproxy,
    line: () => '',
    words: (directory) => `socket ${directory}/api file ${directory}/tls/server.pem`,
  },
  nginx: {
    server: signalledServers.nginx,
    line: (directory) => `ssl_protocols TLSv1.2 TLSv1.3; include ${directory}/tls/server.der.*;`,
    words: signalled,
  },
  lighttpd: {
    server: signalledServers.lighttpd,
    line: (directory) => `ssl.stapling-file = "${directory}/tls/server.der"`,
    words: signalled,
  },
  proftpd: {
    server: signalledServers.proftpd,
    line: (directory) => `LoadModule mod_tls_fscache.c
TLSStapling on
TLSStaplingOptions NoFakeTryLater
TLSStaplingCache fs:/path=${directory}/staple`,
    words: (directory) => `directory ${directory}/staple probe-starttls ftp`,
  },
};

const names = ['haproxy', 'nginx', 'lighttpd', 'proftpd'] as const;

describe.each(names)('staple add for %s', (which) => {
  const { server, line, words } = stapling[which];
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    requirePeer(context, server.debian);
    if (which !== 'haproxy') requireFeature(context, 'accounts');
  });

  it('has the response served, with its renewals, until staple remove', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-staple-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    chmodSync(directory, 0o755);
    for (const each of ['tls', 'staple']) mkdirSync(join(directory, each), { mode: 0o755 });
    const place = { directory, port: await unusedPort() };
    const scene = await openScene({ implicitConfirm: true, ocsp: true });
    const client = await scene.client('gw1');
    // By the clock of this machine: that of the scene is impatient, and responders take a moment.
    const done = async (typed: string): Promise<string> => {
      const stateDirectory = dirname(client.certs);
      const argv = [...typed.replaceAll('NAME', 'gw1').split(' '), '--state', stateDirectory];
      const io = fakeIo();
      const code = await run(argv, io, (_globals, _io, log) => compose({ stateDirectory, log }));
      expect({ typed, code }, io.err()).toEqual({ typed, code: 0 });
      return io.out();
    };
    const pem = `${directory}/tls/server.pem`;
    const files =
      which === 'haproxy' ? `combined ${pem}` : `key ${directory}/tls/server.key fullchain ${pem}`;
    await done(`cert deploy cert-name NAME to first ${files} later`);
    await done('cmp initialize key-type p-256 cert-name NAME subject-name CN=NAME');
    await done('no cert deploy cert-name NAME');
    server.configure(place, line(directory));
    const daemon = await server.start(place);
    onTestFinished(() => daemon.stop());
    await done(`cert deploy cert-name NAME ${server.words(place)}`);
    const probe = {
      host: '127.0.0.1',
      port: place.port,
      serverName: 'gw1',
      ...(server.starttls.length > 0 && { starttls: 'ftp' as const }),
    };
    const seen = () => seenByOpenssl(probe, 'tls1_3');
    expect(await seen()).toEqual({ response: 'none' });

    const at = `127.0.0.1:${place.port}`;
    expect(await done(`staple add NAME target ${which} ${words(directory)} probe ${at}`)).toContain(
      `"gw1" is stapled at ${which} until `,
    );
    expect(await seen()).toEqual(good(await serial(client)));
    await done('staple refresh NAME');
    await done('cmp update current-cert NAME');
    expect(await seen()).toEqual(good(await serial(client)));
    expect(await done('show staple NAME')).toContain(which);
    await done('staple remove NAME');
    await expect.poll(seen).toEqual({ response: 'none' });
  });
});

function good(serialNumber: string): object {
  return { response: 'successful', status: 'good', serial: serialNumber };
}

/** That of the current certificate. */
function serial(client: Client): Promise<string> {
  return client.withStore(async (store) => {
    const record = await store.certificates.current('gw1');
    return new X509Certificate(record?.der ?? '').serialNumber;
  });
}
