import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { fakedTime, type FakedTime } from './faked-time.ts';
import { keeperIn, type Keeper } from './ipsec/certkeeper.ts';
import {
  hasIpsec,
  openIpsecScene,
  requireIpsec,
  subnets,
  type IpsecScene,
} from './ipsec/ipsec-scene.ts';
import type { PlacedProcess } from './ipsec/place.ts';
import { buildOnce } from './responder-scene.ts';

const main = join(import.meta.dirname, '../../dist/cli/main.js');
const dayMs = 86_400_000;
const port = '8081';
const labUrl = `http://192.168.0.3:${port}`;
const waiting = { timeout: 60_000, interval: 100 };

beforeAll(() => {
  if (hasIpsec('libipsec')) buildOnce();
});

beforeEach((context) => {
  requireIpsec(context, 'libipsec');
  requirePeer(context, 'faketime');
  requireFeature(context, 'accounts');
});

// Charons, agents and the CA have one time of day, which is set; what counts seconds in them goes on as usual.
describe('a tunnel over the years', () => {
  it('is refused while a CRL or a certificate is over, and stands again with the next one', async () => {
    const time = fakedTime();
    const beginning = time.now().getTime();
    const day = (number: number): void => time.set(new Date(beginning + number * dayMs));
    const scene = await openIpsecScene({
      esp: 'libipsec',
      settings: ['make_before_break = yes'],
      // Without that, whatever charon waits for with a time limit is over at once.
      env: { ...time.env, FAKETIME_FORCE_MONOTONIC_FIX: '0' },
    });
    onTestFinished(() => scene.close());
    const env = { ...time.env, CERTKEEPER_TEST_BEAT_SECONDS: '1' };
    const { alice: atAlice, bob: atBob } = scene.network;
    const alice = keeperIn(atAlice, scene.directory, env);
    const bob = keeperIn(atBob, scene.directory, env);
    let lab = await startLab(scene, time);
    await enrol(scene, alice, bob);
    await peers(scene, alice, bob);
    const agents = [await alice.startAgent(), await bob.startAgent()];
    for (const agent of agents) {
      onTestFinished(async () => {
        await agent.stop();
      });
    }
    const log = (): string => agents.map((agent) => agent.log()).join('\n');
    // The agent would set it up again, too, in its own time.
    const again = async (): Promise<void> => {
      await scene.alice.terminate('bob');
      await scene.alice.initiate('bob', 'net');
    };
    const stands = () =>
      vi.waitFor(async () => {
        if (!(await passes(scene))) await again();
        expect(await passes(scene), log()).toBe(true);
      }, waiting);
    const refused = async (why: RegExp): Promise<void> => {
      const known = scene.alice.log().length;
      await again();
      await vi.waitFor(() => expect(scene.alice.log().slice(known), log()).toMatch(why), waiting);
      expect(await passes(scene)).toBe(false);
    };

    await stands();

    // Its CRLs are of seven days, and there are no others.
    await lab.stop();
    day(8);
    await refused(/crl is stale/);

    lab = await startLab(scene, time);
    // A place that failed is asked again within the hour.
    day(8.1);
    await stands();

    // Its renewal is due between day 58 and 60; the CRLs are as new as they would be without the jump.
    day(56);
    await scene.alice.terminate('bob');
    await stands();
    day(61);
    await vi.waitFor(async () => {
      expect(await bob.say('show cert bob'), log()).toMatch(/^state +active, version 2$/m);
    }, waiting);
    await stands();
    const [, serial = ''] = /^serial +(\w+)$/m.exec(await bob.say('show cert bob')) ?? [];
    const seen = (await scene.alice.swanctl('--list-certs', '--type', 'x509')).out;
    expect(seen.replaceAll(':', '')).toContain(serial);

    // Nobody renews any more.
    await agents[1]?.stop();
    day(61 + 100);
    await refused(/certificate invalid \(valid from/);
    await lab.stop();
  }, 240_000);
});

/** A CA for bob, which speaks CMP and has CRLs. The lab listens on the loopback interface only: something before it elsewhere. */
async function startLab(scene: IpsecScene, time: FakedTime): Promise<PlacedProcess> {
  const { pki } = scene.network;
  const words = ['port', port, 'dir', join(scene.directory, 'lab'), 'crl-url', labUrl];
  const options = {
    env: { ...time.env, CERTKEEPER_STATE: join(scene.directory, 'lab-state') },
  };
  const lab = pki.start(process.execPath, [main, 'lab', ...words], options);
  await lab.says(/Ctrl-C ends/);
  const relay = pki.start(process.execPath, ['-e', relayCode, pki.address, port]);
  await relay.says(/listens/);
  const stop: PlacedProcess['stop'] = async (name) => {
    await relay.stop();
    return lab.stop(name);
  };
  onTestFinished(async () => {
    await stop();
  });
  return { ...lab, stop };
}

const relayCode = `
const { connect, createServer } = require('node:net');
const [, address, port] = process.argv;
createServer((from) => {
  const to = connect(port, '127.0.0.1');
  from.pipe(to).pipe(from);
  from.on('error', () => to.destroy());
  to.on('error', () => from.destroy());
}).listen(port, address, () => console.log('listens'));
`;

async function enrol(scene: IpsecScene, alice: Keeper, bob: Keeper): Promise<void> {
  const file = (name: string): string => join(scene.directory, name);
  const leaf = await scene.a.root.issue('alice', {
    notAfter: new Date(Date.now() + 3000 * dayMs),
  });
  writeFileSync(file('alice.pem'), leaf.pem + leaf.keyPem, { mode: 0o600 });
  writeFileSync(file('chain-a.pem'), scene.a.root.pem);
  writeFileSync(file('root-a.pem'), scene.a.root.pem);
  const [root, issuing] = [file('lab/root.pem'), file('lab/issuing.pem')];
  await alice.say(
    `cert import cert-name root-a file ${file('root-a.pem')} ca`,
    `cert import cert-name alice file ${file('alice.pem')} chain-file ${file('chain-a.pem')}`,
    `ca add B url ${labUrl}/pkix/ root ${root} intermediate ${issuing}`,
    `ca-crl name root-b der url ${labUrl}/root.crl`,
    `ca-crl name issuing-b der url ${labUrl}/issuing.crl`,
  );
  await bob.say(
    `cert import cert-name root-a file ${file('root-a.pem')} ca`,
    `ca add B url ${labUrl}/pkix/ root ${root} intermediate ${issuing} reference device-0001 secret file:${file('lab/secrets/device-0001')}`,
    'cmp initialize key-type p-256 cert-name bob subject-name CN=bob ca-root B',
    'cmp auto-update current-name bob time 30',
  );
}

async function peers(scene: IpsecScene, alice: Keeper, bob: Keeper): Promise<void> {
  const ofAlice = `local-ts ${subnets.alice.selector} remote-ts ${subnets.bob.selector}`;
  const ofBob = `local-ts ${subnets.bob.selector} remote-ts ${subnets.alice.selector}`;
  await bob.say(
    `ipsec peer add alice socket ${scene.bob.socket} local-address 192.168.0.2 peer 192.168.0.1 remote-id CN=alice certificate bob ca root-a revocation relaxed reauth-on-renewal child net ${ofBob}`,
  );
  await alice.say(
    `ipsec peer add bob socket ${scene.alice.socket} local-address 192.168.0.1 peer 192.168.0.2 remote-id CN=bob certificate alice ca B revocation strict ca-crl list ca-crl-name root-b issuing-b initiator child net ${ofAlice}`,
  );
}

async function passes({ network }: IpsecScene): Promise<boolean> {
  const words = ['-q', '-n', '-c', '1', '-W', '1', '-I', subnets.alice.address];
  const { code } = await network.alice.run('ping', ...words, subnets.bob.address);
  return code === 0;
}
