import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { extension } from '../../src/x509/extension-values.ts';
import { keeperIn, type Keeper } from './ipsec/certkeeper.ts';
import { hasIpsec, openIpsecScene, requireIpsec, subnets } from './ipsec/ipsec-scene.ts';
import type { Hierarchy, IpsecScene } from './ipsec/ipsec-scene.ts';
import { buildOnce } from './responder-scene.ts';

const waiting = { timeout: 20_000, interval: 50 };

let scene: IpsecScene;
let alice: Keeper;
let bob: Keeper;

beforeAll(async () => {
  if (!hasIpsec('libipsec')) return;
  buildOnce();
  scene = await openIpsecScene({ esp: 'libipsec' });
  const { network, a, b } = scene;
  alice = keeperIn(network.alice, scene.directory);
  bob = keeperIn(network.bob, scene.directory);
  // A name of two parts shows in which order it is read.
  await takeIn(alice, 'alice', a, '192.168.0.1');
  await takeIn(bob, 'bob', b, '192.168.0.2');
}, 120_000);

afterAll(() => scene?.close());
beforeEach((context) => requireIpsec(context, 'libipsec'));

describe('ipsec peer add on both sides', () => {
  it.each([
    ['the subject', [], []],
    ['a distinguished name', ['CN=alice,O=West'], ['/O=West/CN=bob']],
    ['host names', ['alice.west.test'], ['@bob.west.test']],
    ['mailboxes', ['ike@alice.west.test'], ['email:ike@bob.west.test']],
    ['addresses', ['192.168.0.1'], ['192.168.0.2']],
  ] as const)('brings a tunnel up whose ends are %s', async (_, [ofAlice], [ofBob]) => {
    await bob.say(peerOf('bob', ofBob, ofAlice));
    await alice.say(`${peerOf('alice', ofAlice, ofBob)} initiator`);
    await vi.waitFor(async () => expect(await statusOf(alice)).toBe('established'), waiting);
    expect(await statusOf(bob)).toBe('established');
    await removeBoth();
  });
});

describe('show tunnel ipsec', () => {
  it('shows what charon says of traffic as it was written, and that it flows', async () => {
    const children = [
      `child lan local-ts ${subnets.alice.selector} remote-ts ${subnets.bob.selector}`,
      'child web local-ts 10.9.0.0/25 remote-ts 10.9.1.0-10.9.1.255 protocol tcp local-port 443',
    ].join(' ');
    await bob.say(
      `${peerOf('bob')} child lan local-ts ${subnets.bob.selector} remote-ts ${subnets.alice.selector}`,
    );
    await alice.say(`${peerOf('alice')} initiator description West ${children}`);
    const { network } = scene;
    await vi.waitFor(async () => {
      const { code } = await network.alice.run(
        'ping',
        '-c1',
        '-W1',
        '-I',
        subnets.alice.address,
        subnets.bob.address,
      );
      expect(code, scene.alice.log()).toBe(0);
    }, waiting);
    expect(await alice.say('show tunnel ipsec')).toMatch(/^west +West +established +00:00:\d\d$/m);
    const text = await alice.say('show tunnel ipsec west');
    expect(text).toMatch(/local +192\.168\.0\.1, /);
    expect(text).toMatch(
      /lan, INSTALLED\n +local-ts +10\.1\.0\.0\/24\n +remote-ts +10\.2\.0\.0\/24\n +octets +[1-9]\d* in, [1-9]\d* out/,
    );
    expect(await scene.alice.swanctl('--list-conns')).toMatchObject({
      out: expect.stringMatching(
        /local: +10\.9\.0\.0\/25\[tcp\/https\]\n.*remote: 10\.9\.1\.0\/24\[tcp\]/,
      ),
    });
  });

  it('says that a tunnel is down when the other side has ended it, and not loaded when somebody unloads it', async () => {
    await bob.say('ipsec peer remove west');
    await vi.waitFor(async () => expect(await statusOf(alice)).not.toBe('established'), waiting);
    await alice.say('ipsec peer remove west');
    await alice.say(peerOf('alice'));
    expect(await statusOf(alice)).toBe('down');
    await scene.alice.load({ 'swanctl.conf': '' });
    expect(await statusOf(alice)).toBe('not loaded');
    await scene.alice.stop();
    expect(await statusOf(alice)).toBe('unknown');
    expect((await alice.run('ipsec', 'peer', 'remove', 'west')).code).toBe(10);
    await alice.say('ipsec peer remove west force');
    await scene.alice.start();
  });
});

/** `ipsec peer add` of one side; both are called `west`, the other side is known by its root. */
function peerOf(name: 'alice' | 'bob', own?: string, other?: string): string {
  const isAlice = name === 'alice';
  const { socket } = isAlice ? scene.alice : scene.bob;
  const [here, there] = isAlice ? ['192.168.0.1', '192.168.0.2'] : ['192.168.0.2', '192.168.0.1'];
  return [
    `ipsec peer add west socket ${socket} local-address ${here} peer ${there}`,
    `certificate ${name} ca ${isAlice ? 'root-b' : 'root-a'} revocation relaxed`,
    ...(own === undefined ? [] : [`local-id ${own}`]),
    ...(other === undefined ? [] : [`remote-id ${other}`]),
  ].join(' ');
}

async function statusOf(keeper: Keeper): Promise<string> {
  const { tunnels } = JSON.parse(await keeper.say('show tunnel ipsec --json'));
  return tunnels[0].status;
}

async function removeBoth(): Promise<void> {
  for (const keeper of [alice, bob]) await keeper.say('ipsec peer remove west');
  const left = await Promise.all([scene.alice.sas(), scene.bob.sas()]);
  expect(left).toStrictEqual([[], []]);
}

async function takeIn(
  keeper: Keeper,
  name: string,
  own: Hierarchy,
  address: string,
): Promise<void> {
  for (const { root } of [scene.a, scene.b]) {
    await keeper.say(
      `cert import cert-name ${root.name} file ${write(`${root.name}.pem`, root.pem)} ca`,
    );
  }
  const leaf = await own.issuing.issue(`${name},O=West`, {
    extensions: [
      extension('subjectAltName', [
        { type: 'dNSName', value: `${name}.west.test` },
        { type: 'rfc822Name', value: `ike@${name}.west.test` },
        { type: 'iPAddress', value: Uint8Array.from(address.split('.').map(Number)) },
      ]),
    ],
  });
  const file = write(`${name}.pem`, leaf.pem + leaf.keyPem);
  const chain = write(`${name}.chain.pem`, own.cas.map(({ pem }) => pem).join(''));
  await keeper.say(`cert import cert-name ${name} file ${file} chain-file ${chain}`);
}

function write(file: string, content: string): string {
  const path = join(scene.directory, file);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
