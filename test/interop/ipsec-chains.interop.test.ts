import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { keeperIn, type Keeper } from './ipsec/certkeeper.ts';
import type { Charon } from './ipsec/charon.ts';
import { hasIpsec, openIpsecScene, requireIpsec, type IpsecScene } from './ipsec/ipsec-scene.ts';
import type { SceneCa, SceneLeaf } from './ipsec/scene-ca.ts';
import { filesOf } from './ipsec/swanctl-files.ts';
import { buildOnce } from './responder-scene.ts';

let scene: IpsecScene;
let alice: Keeper;
let bob: Keeper;

// Four CAs below each root: what the last but one issues has a chain of four, and what the last one issues of five.
beforeAll(async () => {
  if (!hasIpsec()) return;
  buildOnce();
  scene = await openIpsecScene({ intermediates: 4 });
  alice = keeperIn(scene.network.alice, scene.directory);
  bob = keeperIn(scene.network.bob, scene.directory);
  for (const each of [alice, bob]) {
    await importCa(each, scene.a.root);
    await importCa(each, scene.b.root);
  }
}, 120_000);

afterAll(async () => {
  await scene?.close();
});

beforeEach((context) => {
  requireIpsec(context);
});

describe('chains of IKE gateways', () => {
  it('of four certificates are sent, up to and not including the anchor, and accepted', async () => {
    await importOwn(alice, await issuerOf(scene.a.cas, 4).issue('alice'), scene.a.cas);
    await importOwn(bob, await issuerOf(scene.b.cas, 4).issue('bob'), scene.b.cas);
    await bob.say(
      `ipsec peer add alice socket ${scene.bob.socket} local-address 192.168.0.2 peer 192.168.0.1 remote-id CN=alice certificate bob ca root-a revocation relaxed`,
    );
    await alice.say(
      `ipsec peer add bob socket ${scene.alice.socket} local-address 192.168.0.1 peer 192.168.0.2 remote-id CN=bob certificate alice ca root-b revocation relaxed initiator`,
    );
    await established(scene.alice);
    expect(issuersSeen(scene.alice)).toEqual(['Sub-B1', 'Sub-B2', 'Sub-B3']);
    expect(issuersSeen(scene.bob)).toEqual(['Sub-A1', 'Sub-A2', 'Sub-A3']);
    const before = await scene.alice.sas();
    const agent = await alice.startAgent();
    try {
      await vi.waitFor(() => expect(agent.log()).toContain('accepted-without-revocation'), waiting);
    } finally {
      await agent.stop();
    }
    expect(await scene.alice.sas()).toEqual(before);
  });

  it('of five certificates are refused on our side, before charon is told anything', async () => {
    const leaf = await issuerOf(scene.a.cas, 5).issue('alice5');
    await importOwn(alice, leaf, scene.a.cas);
    const { code, err } = await alice.run(
      ...`ipsec peer add long socket ${scene.alice.socket} local-address 192.168.0.1 peer 192.168.0.9 certificate alice5 ca root-b revocation relaxed`.split(
        ' ',
      ),
    );
    expect(code, err).not.toBe(0);
    expect(err).toContain('has 5 certificates below its anchor, itself among them, allowed are 4');
    const { out } = await scene.alice.swanctl('--list-conns');
    expect(out).not.toContain('long:');
  });

  it('of five certificates, shown by a peer that charon lets in, have the agent end its IKE_SA', async () => {
    const leaf = await issuerOf(scene.b.cas, 5).issue('far');
    const short = await issuerOf(scene.a.cas, 2).issue('alice2');
    // A gateway that is none of ours.
    await bob.say('ipsec peer remove alice');
    await scene.bob.load(
      filesOf({
        connections: [
          {
            name: 'alice2',
            localAddress: '192.168.0.2',
            remoteAddress: '192.168.0.1',
            leaf,
            localId: 'CN=far',
            remoteId: 'CN=alice2',
            anchors: [scene.a.root],
            revocation: 'relaxed',
          },
        ],
        leaves: [leaf],
        cas: [scene.a.root, ...scene.b.cas],
      }),
    );
    await importOwn(alice, short, scene.a.cas);
    await alice.say(
      'ipsec peer remove bob',
      `ipsec peer add far socket ${scene.alice.socket} local-address 192.168.0.1 peer 192.168.0.2 remote-id CN=far certificate alice2 ca root-b revocation relaxed initiator`,
    );
    const agent = await alice.startAgent();
    try {
      await vi.waitFor(() => expect(agent.log()).toContain('chain-too-long'), waiting);
      await vi.waitFor(async () => expect(await scene.alice.sas()).toEqual([]), waiting);
    } finally {
      await agent.stop();
    }
  });
});

const waiting = { timeout: 40_000, interval: 100 };

/** Find who issues a certificate whose chain has so many below the anchor. */
function issuerOf(cas: readonly SceneCa[], length: number): SceneCa {
  const found = cas[length - 1];
  if (found === undefined) throw new Error(`there are no ${length} CAs`);
  return found;
}

async function importCa(keeper: Keeper, ca: SceneCa): Promise<void> {
  const file = write(`${ca.name}.pem`, ca.pem);
  await keeper.say(`cert import cert-name ${ca.name} file ${file} ca`);
}

/** All CAs go along as if they had come with it: which of them are sent is for us to find. */
async function importOwn(keeper: Keeper, leaf: SceneLeaf, cas: readonly SceneCa[]): Promise<void> {
  const file = write(`${leaf.name}.pem`, leaf.pem + leaf.keyPem);
  const chain = write(`${leaf.name}.chain.pem`, cas.map(({ pem }) => pem).join(''));
  await keeper.say(`cert import cert-name ${leaf.name} file ${file} chain-file ${chain}`);
}

function write(name: string, content: string): string {
  const path = join(scene.directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

async function established(charon: Charon): Promise<void> {
  await vi.waitFor(async () => {
    const states = (await charon.sas()).map(({ state }) => state);
    expect(states, charon.log()).toContain('ESTABLISHED');
  }, waiting);
}

/** Names of the CA certificates that a charon was sent. */
function issuersSeen(charon: Charon): readonly string[] {
  const lines = charon.log().matchAll(/received issuer cert "CN=([^"]+)"/g);
  return [...new Set([...lines].map(([, name = '']) => name))].toSorted();
}
