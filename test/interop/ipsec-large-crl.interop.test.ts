import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { keeperIn, type Keeper } from './ipsec/certkeeper.ts';
import { hasIpsec, openIpsecScene, requireIpsec, type IpsecScene } from './ipsec/ipsec-scene.ts';
import { largeRoot } from './ipsec/large-ca.ts';
import type { PlacedProcess } from './ipsec/place.ts';
import type { SceneCa, SceneLeaf } from './ipsec/scene-ca.ts';
import { filesOf } from './ipsec/swanctl-files.ts';
import { buildOnce } from './responder-scene.ts';

let scene: IpsecScene;
let keeper: Keeper;
let agent: PlacedProcess;

/** What charon fetches elsewhere than on this machine. */
const proxy = { all_proxy: 'http://127.0.0.1:8889', no_proxy: '127.0.0.1,localhost' };
const waiting = { timeout: 30_000, interval: 200 } as const;

// Alice is ours, with an agent; bob is a gateway of somebody else, with a certificate of a CA that has revoked 50,000.
beforeAll(async () => {
  if (!hasIpsec()) return;
  buildOnce();
  scene = await openIpsecScene({ alice: { env: proxy } });
  const { a, network, directory } = scene;
  keeper = keeperIn(network.alice, directory, { CERTKEEPER_TEST_BEAT_SECONDS: '1' });
  const alice = await a.issuing.issue('alice');
  const chain = write('chain.pem', a.cas.map(({ pem }) => pem).join(''));
  await keeper.say(
    `cert import cert-name alice file ${write('alice.pem', alice.pem + alice.keyPem)} chain-file ${chain}`,
    'staple responder listen 127.0.0.1:8889',
  );
  agent = await keeper.startAgent();
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await scene?.close();
});

beforeEach((context) => requireIpsec(context));

describe('a CRL of more than a mebibyte, which does not go into charon', () => {
  it('is fetched by charon from the agent while its own host is down, and says good and revoked', async () => {
    const ca = largeRoot('root-l', 'Root-L', 'sha1', 50_000);
    const bob = await published(ca);
    await addPeer(ca);
    await loadBob(bob, ca);
    await scene.host.goDown();
    await vi.waitFor(() => callFromBob(), waiting);
    const at = /fetching crl from 'http:\/\/127\.0\.0\.1:8889\/crl\/[0-9a-f]{64}\.crl'/;
    expect(scene.alice.log()).toMatch(at);

    await scene.host.goUp();
    ca.revoke(bob);
    await publish(ca);
    await vi.waitFor(async () => expect(await scene.alice.sas()).toStrictEqual([]), waiting);
    await scene.host.goDown();
    // Whoever sets it anew need not wait; and charon has forgotten what it fetched before.
    await addPeer(ca);
    expect((await scene.bob.call('alice')).isEstablished).toBe(false);
    expect(scene.alice.log()).toMatch(/certificate was revoked on .* reason: key compromise/);
  });

  it('comes from the agent as a proxy, too, where charon only goes to the place in the certificate', async () => {
    await scene.host.goUp();
    const ca = largeRoot('root-m', 'Root-M', 'sha256', 50_000);
    const bob = await published(ca);
    expect(await addPeer(ca)).toMatch(/more than the 65535 octets .* with http_proxy=http:/);
    await loadBob(bob, ca);
    await scene.host.goDown();
    scene.host.forget();
    await vi.waitFor(() => callFromBob(), waiting);
    expect(scene.alice.log()).toContain(`fetching crl from '${scene.host.urlsOf('root-m').crl}'`);
    // Nothing else comes through it, and nobody else is asked.
    await scene.host.goUp();
    expect(await through(8889, scene.host.url)).toBe('404');
    const other = largeRoot('root-n', 'Root-N', 'sha256', 1);
    scene.host.add(other);
    await known(other);
    await addPeer(other, '');
    await loadBob(await other.issue('bob', { names: scene.host.urlsOf('root-n') }), other);
    expect((await scene.bob.call('alice')).isEstablished).toBe(false);
    expect(scene.alice.log()).toContain(
      `requesting ocsp status from '${scene.host.url}/ocsp/root-n'`,
    );
    // The agent asks by GET, of its own accord.
    expect(scene.host.asked().filter((each) => /^POST | \/$/.test(each))).toStrictEqual([]);
  });
});

function write(name: string, content: string): string {
  const path = join(scene.directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** Make the CRL of a CA once, and have the agent fetch it. */
async function publish(ca: SceneCa): Promise<void> {
  scene.host.spoil(`/${ca.name}.crl`, { type: 'octets', body: await ca.crl() });
  await keeper.say(`ca-crl name ${ca.name} der url ${scene.host.urlsOf(ca.name).crl}`);
}

async function known(ca: SceneCa): Promise<void> {
  await keeper.say(`cert import cert-name ${ca.name} file ${write(`${ca.name}.pem`, ca.pem)} ca`);
}

/** Have a CA known to alice, with its CRL. @returns a certificate of it for bob */
async function published(ca: SceneCa): Promise<SceneLeaf> {
  await known(ca);
  await publish(ca);
  const held = async (): Promise<void> =>
    expect(await keeper.say('show ca-crl')).toContain(ca.commonName);
  await vi.waitFor(held, waiting);
  return await ca.issue('bob', { names: { crl: scene.host.urlsOf(ca.name).crl } });
}

/** Have alice judge bob by a CA and its CRL. @returns what was said beside */
async function addPeer(ca: SceneCa, crls = `ca-crl list ca-crl-name ${ca.name}`): Promise<string> {
  const { alice, bob } = scene.network;
  const line =
    `ipsec peer add bob socket ${scene.alice.socket} local-address ${alice.address} peer ${bob.address} remote-id CN=bob certificate alice ca ${ca.name} proposal aes128-sha256-ecp256 revocation strict ${crls}`.trim();
  const { code, err } = await keeper.run(...line.split(' '));
  expect(code, err).toBe(0);
  return err;
}

async function loadBob(leaf: SceneLeaf, ca: SceneCa): Promise<void> {
  const { network, a } = scene;
  await scene.bob.terminate('alice');
  await scene.bob.load(
    filesOf({
      connections: [
        {
          name: 'alice',
          localAddress: network.bob.address,
          remoteAddress: network.alice.address,
          leaf,
          localId: 'CN=bob',
          remoteId: 'CN=alice',
          anchors: [a.root],
          revocation: 'relaxed',
        },
      ],
      leaves: [leaf],
      cas: [a.root, ca],
    }),
  );
}

/** Have bob set up a tunnel, which must be established. */
async function callFromBob(): Promise<void> {
  await scene.bob.terminate('alice');
  const { isEstablished, said } = await scene.bob.call('alice');
  expect(isEstablished, said + scene.alice.log().slice(-3000) + agent.log()).toBe(true);
}

/** Ask for a URL on alice, through a proxy at a port there. @returns the status */
async function through(port: number, url: string): Promise<string> {
  const program = `require('node:http').get({ port: ${port}, path: process.argv[1], agent: false }, (answer) => console.log(answer.resume().statusCode))`;
  return (await scene.network.alice.done(process.execPath, '-e', program, url)).trim();
}
