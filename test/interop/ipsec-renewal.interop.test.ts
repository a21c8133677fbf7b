import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { childName, connectionName } from './ipsec/both-ways.ts';
import { keeperIn, type Keeper } from './ipsec/certkeeper.ts';
import type { Charon } from './ipsec/charon.ts';
import { hasIpsec, openIpsecScene, requireIpsec, subnets } from './ipsec/ipsec-scene.ts';
import type { IpsecScene } from './ipsec/ipsec-scene.ts';
import { beforeCharon } from './ipsec/mortal-charon.ts';
import { pings } from './ipsec/pings.ts';
import type { SceneLeaf } from './ipsec/scene-ca.ts';
import { isSeenBy } from './ipsec/seen.ts';
import { filesOf } from './ipsec/swanctl-files.ts';
import { buildOnce } from './responder-scene.ts';

const waiting = { timeout: 40_000, interval: 50 };

let scene: IpsecScene;

beforeAll(async () => {
  if (!hasIpsec('libipsec')) return;
  buildOnce();
  scene = await openIpsecScene({ esp: 'libipsec' });
  const { a, b, bob } = scene;
  const leaf = await b.issuing.issue('bob');
  // A gateway that is none of ours.
  await bob.load(
    filesOf({
      connections: [
        {
          name: connectionName,
          localAddress: bob.place.address,
          remoteAddress: scene.alice.place.address,
          leaf,
          localId: 'CN=bob',
          remoteId: 'CN=alice',
          anchors: [a.root],
          revocation: 'relaxed',
          child: { name: childName, local: subnets.bob.selector, remote: subnets.alice.selector },
        },
      ],
      leaves: [leaf],
      cas: [a.root, ...b.cas],
    }),
  );
}, 120_000);

afterAll(() => scene?.close());
beforeEach((context) => requireIpsec(context, 'libipsec'));

const peerOfAlice = (socket: string): string =>
  `ipsec peer add bob socket ${socket} local-address 192.168.0.1 peer 192.168.0.2 remote-id CN=bob certificate alice ca root-b revocation relaxed proposal aes128-sha256-ecp256 initiator reauth-on-renewal child ${childName} local-ts ${subnets.alice.selector} remote-ts ${subnets.bob.selector}`;

describe('a certificate that is renewed under a tunnel that stands', () => {
  it('is shown to the peer of a pinned connection at once, and no ping is lost', async () => {
    const keeper = await newKeeper();
    await takeIn(keeper, await scene.a.issuing.issue('alice'));
    await keeper.say(peerOfAlice(scene.alice.socket));
    const [before] = await established(scene.alice);
    const pinging = await pings(scene.alice.place, subnets.alice.address, subnets.bob.address);
    const renewed = await scene.a.issuing.issue('alice');
    await takeIn(keeper, renewed, 'replace');
    await keeper.say('cmp poll current-cert alice');
    await vi.waitFor(async () => expect(await isSeenBy(scene.bob, renewed)).toBe(true), waiting);
    const { sent, lost } = await pinging.end();
    process.stdout.write(`renewal under a tunnel: ${lost} of ${sent} pings lost\n`);
    expect(lost).toBeLessThanOrEqual(5);
    const after = await established(scene.alice);
    expect(after.map(({ id }) => id)).not.toContain(before?.id);
    expect(after).toHaveLength(1);
    expect(await keeper.say('show cert alice')).toContain('strongswan: deployed');
    await keeper.say('ipsec peer remove bob');
  });

  it('is shown to the peer of a connection of others that pins none, as the former key is gone', async () => {
    const { alice, a, b } = scene;
    const keeper = await newKeeper();
    await alice.load(
      filesOf({
        connections: [
          {
            name: connectionName,
            localAddress: alice.place.address,
            remoteAddress: scene.bob.place.address,
            localId: 'CN=alice',
            remoteId: 'CN=bob',
            anchors: [b.root],
            revocation: 'relaxed',
            child: { name: childName, local: subnets.alice.selector, remote: subnets.bob.selector },
          },
        ],
        leaves: [],
        cas: [b.root, ...a.cas],
      }),
    );
    const former = await a.issuing.issue('alice');
    await takeIn(keeper, former);
    await keeper.say(
      `cert deploy cert-name alice target strongswan socket ${alice.socket} reauth ${connectionName}`,
    );
    expect(await alice.initiate(connectionName, childName), alice.log()).toBe(true);
    expect(await isSeenBy(scene.bob, former)).toBe(true);
    const renewed = await a.issuing.issue('alice');
    await takeIn(keeper, renewed, 'replace');
    await keeper.say('cmp poll current-cert alice');
    await vi.waitFor(async () => expect(await isSeenBy(scene.bob, renewed)).toBe(true), waiting);
    expect(await keeper.say('show cert alice')).toContain('strongswan: deployed');
    await alice.terminate(connectionName);
    await alice.load({ 'swanctl.conf': '' });
  });
});

describe('a renewed certificate that is not taken', () => {
  it('leaves the tunnel as it was while the peer refuses it, and that is said', async () => {
    const { alice, bob, a, b } = scene;
    const keeper = await newKeeper();
    await takeIn(keeper, await a.issuing.issue('alice'));
    await keeper.say(peerOfAlice(alice.socket));
    const [before] = await established(alice);
    // Bob believes nobody below his own root.
    await takeIn(keeper, await b.issuing.issue('alice'), 'replace');
    const { code, err } = await keeper.run('cmp', 'poll', 'current-cert', 'alice');
    expect(code).toBe(10);
    expect(err).toMatch(
      /not in use: connection "bob" goes on with the certificate before: .*AUTHENTICATION_FAILED/,
    );
    expect(await alice.sas()).toMatchObject([{ id: before?.id, state: 'ESTABLISHED' }]);
    expect(await keeper.say('show cert alice')).toContain('strongswan: deployed, not in use');
    const good = await a.issuing.issue('alice');
    await takeIn(keeper, good, 'replace');
    await keeper.say('cmp poll current-cert alice');
    expect(await isSeenBy(bob, good)).toBe(true);
    await keeper.say('ipsec peer remove bob');
  });

  it('is deployed all the same after charon has died in the middle of it', async () => {
    const { alice, bob, a } = scene;
    const keeper = await newKeeper();
    const before = await beforeCharon(alice);
    try {
      await takeIn(keeper, await a.issuing.issue('alice'));
      await keeper.say(peerOfAlice(before.socket));
      for (const command of ['load-key', 'load-conn', 'unload-key']) {
        const renewed = await a.issuing.issue('alice');
        await takeIn(keeper, renewed, 'replace');
        before.dieAt(command);
        const { code, err } = await keeper.run('cmp', 'poll', 'current-cert', 'alice');
        expect(code, err).toBe(10);
        await alice.start();
        await keeper.say('cmp poll current-cert alice');
        await vi.waitFor(async () => expect(await isSeenBy(bob, renewed)).toBe(true), waiting);
      }
      expect(await keeper.say('show cert alice')).toContain('strongswan: deployed');
      await keeper.say('ipsec peer remove bob');
    } finally {
      await before.close();
    }
  });
});

describe('a tunnel whose certificate is renewed beside an agent', () => {
  it('comes back with the new certificate after a restart of charon, of the agent, and of both', async () => {
    const { alice, bob, a } = scene;
    const keeper = await newKeeper({ CERTKEEPER_TEST_BEAT_SECONDS: '1' });
    const renew = async (): Promise<SceneLeaf> => {
      const leaf = await a.issuing.issue('alice');
      await takeIn(keeper, leaf, 'replace');
      return leaf;
    };
    let agent = await keeper.startAgent();
    const comesBackWith = async (leaf: SceneLeaf): Promise<void> => {
      await vi.waitFor(
        async () => expect(await isSeenBy(bob, leaf), agent.log()).toBe(true),
        waiting,
      );
      await established(alice);
    };
    const first = await renew();
    try {
      await keeper.say(peerOfAlice(alice.socket));
      await comesBackWith(first);

      await alice.kill();
      const second = await renew();
      await alice.start();
      await comesBackWith(second);

      await agent.stop();
      const third = await renew();
      agent = await keeper.startAgent();
      await comesBackWith(third);

      await Promise.all([agent.stop(), alice.kill()]);
      const fourth = await renew();
      await alice.start();
      agent = await keeper.startAgent();
      await comesBackWith(fourth);
    } finally {
      await agent.stop();
    }
    expect(await keeper.say('show cert alice')).toContain('strongswan: deployed');
    await keeper.say('ipsec peer remove bob');
  });
});

/** One with the roots of both sides. */
async function newKeeper(env: Readonly<Record<string, string>> = {}): Promise<Keeper> {
  const keeper = keeperIn(scene.network.alice, scene.directory, env);
  for (const ca of [scene.a.root, scene.b.root]) {
    await keeper.say(`cert import cert-name ${ca.name} file ${write(`${ca.name}.pem`, ca.pem)} ca`);
  }
  return keeper;
}

async function takeIn(keeper: Keeper, leaf: SceneLeaf, ...words: readonly string[]): Promise<void> {
  const file = write(`${leaf.name}.pem`, leaf.pem + leaf.keyPem);
  const cas = [...scene.a.cas, ...scene.b.cas];
  const chain = write(`${leaf.name}.chain.pem`, cas.map(({ pem }) => pem).join(''));
  await keeper.say(
    ['cert import cert-name alice file', file, 'chain-file', chain, ...words].join(' '),
  );
}

function write(name: string, content: string): string {
  const path = join(scene.directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

async function established(charon: Charon): ReturnType<Charon['sas']> {
  return await vi.waitFor(async () => {
    const sas = await charon.sas();
    expect(sas, charon.log()).toMatchObject([
      { state: 'ESTABLISHED', children: [{ state: 'INSTALLED' }] },
    ]);
    return sas;
  }, waiting);
}
