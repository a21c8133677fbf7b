import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { issueCertificate, keyIdentifierOf, publicKeyOf } from '../../src/ca/issue-certificate.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { requirePeer } from '../harness/require.ts';
import { keeperIn, type Keeper } from './ipsec/certkeeper.ts';
import { hasIpsec, openIpsecScene, requireIpsec, type IpsecScene } from './ipsec/ipsec-scene.ts';
import type { PlacedProcess } from './ipsec/place.ts';
import type { SceneCa, SceneLeaf } from './ipsec/scene-ca.ts';
import { filesOf } from './ipsec/swanctl-files.ts';

let scene: IpsecScene;
let keeper: Keeper;
let agent: PlacedProcess;
/** Four CAs below root B, so that what the last one issues has a chain of five. */
let long: readonly SceneCa[];
let bob: SceneLeaf;

const port = 1162;
const waiting = { timeout: 30_000, interval: 100 } as const;
const often = { timeout: 30_000, interval: 300 } as const;

// Alice is ours, with an agent; bob is a gateway of somebody else.
beforeAll(async () => {
  if (!hasIpsec()) return;
  scene = await openIpsecScene();
  const { a, b, host, network } = scene;
  keeper = keeperIn(network.alice, scene.directory, { CERTKEEPER_TEST_BEAT_SECONDS: '1' });
  bob = await b.issuing.issue('bob', { names: host.urlsOf('issuing-b') });
  long = [b.issuing];
  for (const name of ['sub-1', 'sub-2', 'sub-3']) {
    const above = long.at(-1) ?? b.root;
    long = [...long, await above.issueCa(name, name)];
  }
  const alice = await a.issuing.issue('alice', { names: host.urlsOf('issuing-a') });
  const chain = write('chain.pem', a.cas.map(({ pem }) => pem).join(''));
  await keeper.say(
    `cert import cert-name alice file ${write('alice.pem', alice.pem + alice.keyPem)} chain-file ${chain}`,
    `cert import cert-name root-b file ${write('root-b.pem', b.root.pem)} ca`,
    `cert import cert-name issuing-b file ${write('issuing-b.pem', b.issuing.pem)} ca`,
    `ca-crl name b der url ${host.urlsOf('issuing-b').crl}`,
    `snmp destination add noc host 127.0.0.1 port ${port} version 2c community public`,
  );
  agent = await keeper.startAgent();
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await scene?.close();
});

beforeEach((context) => {
  requireIpsec(context);
});

describe('the agent beside a charon', () => {
  it('gives it everything again when it was killed, or has lost a connection by hand', async () => {
    await addPeer('revocation strict ca-crl list ca-crl-name b');
    await loadBob(bob, [scene.b.issuing]);
    await vi.waitFor(() => callFromBob(), often);
    await scene.alice.kill();
    await scene.alice.start();
    await vi.waitFor(() => callFromBob(), often);
    await scene.alice.swanctl('--load-conns', '--file', write('none.conf', ''));
    await vi.waitFor(() => callFromBob(), often);
    expect(agent.log()).toMatch(/lost (?:connection "bob"|the key of "alice")/);
    await vi.waitFor(
      async () => expect(await keeper.say('agent status')).toMatch(/tunnels +1 established at \//),
      often,
    );
  });

  it('ends the tunnel of a peer as soon as a CRL lists it, which charon would believe in later', async () => {
    await vi.waitFor(() => callFromBob(), often);
    scene.b.issuing.revoke(bob);
    await keeper.say(`ca-crl name b der url ${scene.host.urlsOf('issuing-b').crl}`);
    await vi.waitFor(async () => expect(await scene.alice.sas()).toStrictEqual([]), waiting);
    expect(agent.log()).toMatch(/IPsec peer "bob" at 192\.168\.0\.2 is refused: revoked: /);
    // By what it was given, whatever it fetched before.
    await addPeer('revocation strict ca-crl list ca-crl-name b');
    const { isEstablished } = await scene.bob.call('alice');
    expect(isEstablished).toBe(false);
    expect(scene.alice.log()).toMatch(/certificate was revoked on/);
  });

  it('leaves a tunnel alone while strangers show charon certificates in the name of its peer', async () => {
    await addPeer('revocation relaxed');
    const leaf = await scene.b.issuing.issue('bob', { names: scene.host.urlsOf('issuing-b') });
    const strangers = await Promise.all(Array.from({ length: 9 }, makeStranger));
    await loadBob(leaf, [scene.b.issuing], strangers);
    const call = async (): Promise<void> => {
      for (const { name } of strangers)
        expect((await scene.bob.call(name)).isEstablished).toBe(false);
    };
    await call();
    // Charon shows what they sent, though it has let in none of them.
    const { out } = await scene.alice.swanctl('--list-certs', '--type', 'x509');
    expect(out.match(/subject: +"CN=bob"/g)?.length).toBeGreaterThan(5);
    await callFromBob();
    const standing = await scene.alice.sas();
    await call();
    await vi.waitFor(
      async () => expect(await keeper.say('agent status')).toMatch(/tunnels +1 established at \//),
      often,
    );
    expect((await scene.alice.sas()).map(({ id }) => id)).toStrictEqual(
      standing.map(({ id }) => id),
    );
    expect(await keeper.say('show alarms')).not.toContain('ipsec peer bob');
    await scene.alice.swanctl('--flush-certs');
  });

  it('ends within a second the tunnel of a peer that charon lets in, keeps it out, and has a trap sent', async (context) => {
    requirePeer(context, 'snmptrapd');
    const configuration = write('snmptrapd.conf', 'authCommunity log public\n');
    const argv = ['-f', '-C', '-c', configuration, '-Lo', '-On', `udp:127.0.0.1:${port}`];
    const trapd = scene.network.alice.start('snmptrapd', argv, {
      env: { SNMP_PERSISTENT_DIR: scene.directory, MIBS: '' },
    });
    await trapd.says(/NET-SNMP version/);
    try {
      await addPeer('revocation relaxed');
      const last = long.at(-1) ?? scene.b.issuing;
      await loadBob(await last.issue('bob'), long);
      const { isEstablished } = await scene.bob.call('alice');
      expect(isEstablished, scene.alice.log()).toBe(true);

      await vi.waitFor(async () => expect(await scene.bob.sas()).toStrictEqual([]), waiting);
      expect(agent.log()).toMatch(/"bob" .* is refused: chain-too-long: .*kept out for \d+ s/);
      expect((await scene.bob.call('alice')).isEstablished).toBe(false);
      await trapd.says(/peer-refused/);
      expect(await keeper.say('show alarms')).toContain('ipsec peer bob');
      const other = await scene.b.issuing.issue('bob', { names: scene.host.urlsOf('issuing-b') });
      await loadBob(other, [scene.b.issuing]);
      // Whoever sets it anew need not wait.
      await addPeer('revocation relaxed');
      expect((await scene.bob.call('alice')).isEstablished).toBe(true);
      await vi.waitFor(
        async () => expect(await keeper.say('show alarms')).not.toContain('ipsec peer bob'),
        waiting,
      );
    } finally {
      await trapd.stop();
    }
  });

  it('tells of a peer that charon keeps out by what the responder of the agent says', async () => {
    const { b, host } = scene;
    await keeper.say(
      'staple responder listen 127.0.0.1:8889',
      `ocsp verify-object hq url ${host.urlsOf('issuing-b').ocsp} verify-others on signing-certs issuing-b:any nonce off caching off`,
    );
    // Short enough for charon to ask again.
    host.spoil('/ocsp/issuing-b', { type: 'of', making: { ago: 60, until: 2 } });
    const leaf = await b.issuing.issue('bob');
    await loadBob(leaf, [b.issuing]);
    await addPeer('revocation relaxed ocsp-cert-validator hq');
    await vi.waitFor(() => callFromBob(), often);
    expect(await keeper.say('show alarms')).not.toContain('ipsec peer bob');
    b.issuing.revoke(leaf);
    await vi.waitFor(async () => {
      await scene.bob.terminate('alice');
      const { isEstablished } = await scene.bob.call('alice');
      expect(isEstablished).toBe(false);
    }, often);
    expect(scene.alice.log()).toMatch(/ocsp status from 'http:\/\/127\.0\.0\.1:8889\/'/);
    await vi.waitFor(
      async () => expect(await keeper.say('show alarms')).toContain('ipsec peer bob'),
      often,
    );
    expect(agent.log()).toMatch(/"bob" has no IKE_SA, and would be refused: revoked: /);
    host.mend();
  });
});

function write(name: string, content: string): string {
  const path = join(scene.directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

async function addPeer(how: string): Promise<void> {
  const { alice, bob: other } = scene.network;
  await keeper.say(
    `ipsec peer add bob socket ${scene.alice.socket} local-address ${alice.address} peer ${other.address} remote-id CN=bob certificate alice ca root-b proposal aes128-sha256-ecp256 ${how}`,
  );
}

/** A certificate in the name of bob that somebody has signed with its own key. */
async function makeStranger(_: unknown, i: number): Promise<SceneLeaf> {
  const { key, pkcs8 } = await softwareKeys.generate('p-256');
  const publicKey = publicKeyOf(key);
  const subject = parseName('CN=bob');
  const itself = { key, name: subject, keyIdentifier: keyIdentifierOf(publicKey) };
  const [notBefore, notAfter] = [
    new Date(Date.now() - 3_600_000),
    new Date(Date.now() + 86_400_000),
  ];
  const wanted = { serialNumber: BigInt(i + 1), subject, publicKey, notBefore, notAfter };
  const certificate = await issueCertificate({ ...wanted, extensions: [] }, itself);
  const der = certificateDer(certificate);
  const [pem, keyPem] = [encodePem('CERTIFICATE', der), encodePem('PRIVATE KEY', pkcs8)];
  return { name: `stranger-${i}`, certificate, der, pem, pkcs8, keyPem };
}

/** Give bob a certificate and the CAs that it sends with it; and whoever else calls from there. */
async function loadBob(
  leaf: SceneLeaf,
  above: readonly SceneCa[],
  others: readonly SceneLeaf[] = [],
): Promise<void> {
  const { network, a, b } = scene;
  await scene.bob.terminate('alice');
  await scene.bob.load(
    filesOf({
      connections: [{ ...leaf, name: 'alice' }, ...others].map((each) => ({
        name: each.name,
        localAddress: network.bob.address,
        remoteAddress: network.alice.address,
        leaf: each.name === 'alice' ? leaf : each,
        localId: 'CN=bob',
        remoteId: 'CN=alice',
        anchors: [a.root],
        revocation: 'relaxed',
      })),
      leaves: [leaf, ...others],
      cas: [a.root, b.root, ...above],
    }),
  );
}

/** Have bob set up a tunnel, which must be established. */
async function callFromBob(): Promise<void> {
  await scene.bob.terminate('alice');
  const { isEstablished, said } = await scene.bob.call('alice');
  expect(isEstablished, said + agent.log()).toBe(true);
}
