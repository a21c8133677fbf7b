import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import { connectionMessage } from '../../src/deploy/ike-connection.ts';
import { ViciClient } from '../../src/deploy/vici-client.ts';
import { value } from '../../src/deploy/vici-message.ts';
import { replaceAssociations } from '../../src/deploy/ike-replacement.ts';
import { childName, connectionName } from './ipsec/both-ways.ts';
import { hasIpsec, openIpsecScene, requireIpsec, subnets } from './ipsec/ipsec-scene.ts';
import type { IpsecScene } from './ipsec/ipsec-scene.ts';
import { pings } from './ipsec/pings.ts';
import type { SceneLeaf } from './ipsec/scene-ca.ts';
import { hexOf, openSide, receivedBy, type ViciSide } from './ipsec/vici-side.ts';

let scene: IpsecScene;
let alice: ViciSide;
let bob: ViciSide;
let aliceLeaf: SceneLeaf;
let bobLeaf: SceneLeaf;

/** A certificate with the subject of the gateway, as a renewal has. */
function issueFor(name: 'alice' | 'bob'): Promise<SceneLeaf> {
  const { issuing } = name === 'alice' ? scene.a : scene.b;
  return issuing.issue(name, { names: { crl: scene.host.urlsOf(issuing.name).crl } });
}

beforeAll(async () => {
  if (!hasIpsec('libipsec')) return;
  scene = await openIpsecScene({ esp: 'libipsec' });
  [alice, bob] = [await openSide(scene, 'alice'), await openSide(scene, 'bob')];
  [aliceLeaf, bobLeaf] = [await issueFor('alice'), await issueFor('bob')];
});

afterAll(async () => {
  for (const side of [alice, bob]) side?.daemon.close();
  await scene?.close();
});

/** With its headers for IP and ICMP. */
const pingOctets = 84;

async function octetsFromBob(): Promise<number> {
  const [standing] = await alice.daemon.associations();
  return standing?.children[0]?.bytesIn ?? 0;
}

/** Each begins with both certificates loaded, and an IKE_SA that alice has set up with hers. */
beforeEach(async (context) => {
  requireIpsec(context, 'libipsec');
  await alice.daemon.terminate({ connection: connectionName });
  for (const { daemon } of [alice, bob])
    for (const cache of ['X509', 'X509_CRL'] as const) await daemon.flush(cache);
  await alice.renew(aliceLeaf);
  await bob.renew(bobLeaf);
  const { isUp, log } = await alice.daemon.establish(connectionName, childName, 20_000);
  if (!isUp) throw new Error(log.join('\n'));
});

describe('a charon that was loaded over VICI', () => {
  it('has IKE_SAs that are the same as swanctl sees', async () => {
    const seen = await scene.alice.sas();
    const [standing, ...others] = await alice.daemon.associations();
    expect(others).toStrictEqual([]);
    expect(standing).toMatchObject({
      connection: connectionName,
      id: seen[0]?.id,
      state: 'ESTABLISHED',
      localHost: '192.168.0.1',
      remoteHost: '192.168.0.2',
      localId: 'CN=alice',
      remoteId: 'CN=bob',
      algorithms: ['AES_CBC-128', 'HMAC_SHA2_256_128', 'PRF_HMAC_SHA2_256', 'ECP_256'],
    });
    expect(standing?.children).toMatchObject([
      {
        name: childName,
        state: 'INSTALLED',
        localSelectors: [subnets.alice.selector],
        remoteSelectors: [subnets.bob.selector],
      },
    ]);
  });

  it('says that it is charon, and the same of one run', async () => {
    const about = await alice.daemon.about();
    expect(about.version).toMatch(/^charon-systemd \d+\.\d+/);
    expect(about.since).not.toBe('');
    const again = await openIkeDaemon(scene.alice.socket);
    onTestFinished(() => again.close());
    expect((await again.about()).run).toBe(about.run);
  });

  it('has the certificate with its key, and without once that is unloaded', async () => {
    const isOwn = ({ der }: { readonly der: Uint8Array }): boolean =>
      hexOf({ der }) === hexOf(aliceLeaf);
    const [id = ''] = await alice.daemon.keys();
    const before = (await alice.daemon.certificates()).filter(isOwn);
    expect(before).toMatchObject([{ hasPrivateKey: true }]);
    for (const each of await alice.daemon.keys()) await alice.daemon.unloadKey(each);
    expect((await alice.daemon.certificates()).filter(isOwn)).toMatchObject([
      { hasPrivateKey: false },
    ]);
    expect(await alice.daemon.loadKey(aliceLeaf.pkcs8)).toBe(id);
  });

  it('has the certificates that peers sent, until they are flushed', async () => {
    const received = await receivedBy(alice.daemon);
    expect(received).toContain(hexOf(bobLeaf));
    expect(received).toContain(hexOf(scene.b.issuing));
    await alice.daemon.flush('X509');
    expect(await receivedBy(alice.daemon)).not.toContain(hexOf(bobLeaf));
    expect(await receivedBy(alice.daemon)).toContain(hexOf(aliceLeaf));
  });

  it('tells of IKE_SAs that come and go', async () => {
    const watching = await openIkeDaemon(scene.alice.socket);
    onTestFinished(() => watching.close());
    const gone = Promise.withResolvers<string>();
    await watching.watch((sa, isUp) => {
      if (!isUp) gone.resolve(`${sa.connection} ${sa.remoteId}`);
    });
    expect(await bob.daemon.terminate({ connection: connectionName })).toBe(1);
    expect(await gone.promise).toBe(`${connectionName} CN=bob`);
    expect(await alice.daemon.associations()).toStrictEqual([]);
  });

  it('tells of an IKE_SA that goes on by another id, with new keys', async () => {
    const watching = await openIkeDaemon(scene.alice.socket);
    onTestFinished(() => watching.close());
    const renamed = Promise.withResolvers<readonly string[]>();
    await watching.watchRekeyed((...ids) => renamed.resolve(ids));
    const [former] = await alice.daemon.associations();
    await scene.alice.swanctl('--rekey', '--ike', connectionName);
    const [formerId, id] = await renamed.promise;
    expect(formerId).toBe(former?.id);
    await vi.waitFor(async () =>
      expect((await alice.daemon.associations()).map((each) => each.id)).toStrictEqual([id]),
    );
  });

  it('keeps the IKE_SA when a connection is unloaded, until that is ended', async () => {
    await alice.daemon.unloadConnection(connectionName);
    expect(await alice.daemon.connections()).toStrictEqual([]);
    const [standing] = await alice.daemon.associations();
    expect(standing?.state).toBe('ESTABLISHED');
    expect(await alice.daemon.terminate({ id: standing?.id ?? '' })).toBe(1);
  });

  it('lets an authority be loaded, listed and unloaded', async () => {
    const ocspUris = ['http://127.0.0.1:8889/'];
    const authority = { name: 'ours', caCertificate: scene.b.root.der, ocspUris, crlUris: [] };
    await alice.daemon.loadAuthority(authority);
    expect(await alice.daemon.authorities()).toStrictEqual(['ours']);
    await alice.daemon.unloadAuthority('ours');
    expect(await alice.daemon.authorities()).toStrictEqual([]);
  });
});

describe('a renewed certificate', () => {
  it('is not used by re-authentication: an IKE_SA goes on with what it was set up with', async () => {
    const renewed = await issueFor('alice');
    await alice.renew(renewed);
    const [before] = await alice.daemon.associations();
    await alice.daemon.reauthenticate(connectionName);
    await expect
      .poll(async () =>
        (await alice.daemon.associations()).map(({ id, state }) => `${id} ${state}`),
      )
      .not.toContain(`${before?.id} ESTABLISHED`);
    await expect
      .poll(async () => (await bob.daemon.associations()).map(({ state }) => state))
      .toStrictEqual(['ESTABLISHED']);
    expect(await receivedBy(bob.daemon)).not.toContain(hexOf(renewed));
  });

  it.each([
    ['of the one that called', 'alice'],
    ['of the one that was called', 'bob'],
  ] as const)(
    '%s is used after its IKE_SA is replaced, and next to no ping is lost',
    async (_who, name) => {
      const [side, other] = name === 'alice' ? [alice, bob] : [bob, alice];
      const pinging = await pings(scene.alice.place, subnets.alice.address, subnets.bob.address);
      const renewed = await issueFor(name);
      const connection = await side.renew(renewed);
      const outcome = await replaceAssociations(side.daemon, connection);
      expect(outcome).toStrictEqual({ type: 'replaced', ended: 1 });
      expect(await receivedBy(other.daemon)).toContain(hexOf(renewed));
      await expect.poll(() => scene.bob.sas()).toHaveLength(1);
      // Half a second of pings over the new one.
      await expect.poll(octetsFromBob, { timeout: 10_000 }).toBeGreaterThan(25 * pingOctets);
      const { sent, lost } = await pinging.end();
      process.stdout.write(`renewal of ${name}: ${lost} of ${sent} pings lost, one every 20 ms\n`);
      expect(lost, `of ${sent} pings`).toBeLessThanOrEqual(5);
      expect(await replaceAssociations(side.daemon, connection)).toStrictEqual({ type: 'current' });
    },
  );

  it('replaces the one of a peer that keeps but one IKE_SA with each', async () => {
    const [first] = connectionMessage(bob.connectionWith(bobLeaf));
    const client = await ViciClient.open(scene.bob.socket, { timeoutMs: 10_000 });
    onTestFinished(() => client.close());
    if (first?.type !== 'section') throw new Error('no connection');
    const entries = [...first.entries, value('unique', 'replace')];
    await client.request('load-conn', [{ ...first, entries }]);
    await alice.daemon.terminate({ connection: connectionName });
    await alice.daemon.establish(connectionName, childName, 20_000);
    const connection = await alice.renew(await issueFor('alice'));
    expect(await replaceAssociations(alice.daemon, connection)).toStrictEqual({
      type: 'replaced',
      ended: 1,
    });
    for (const { daemon } of [alice, bob])
      await expect.poll(() => daemon.associations()).toHaveLength(1);
  });

  it('that the peer refuses leaves the IKE_SA with the former one, and says why', async () => {
    const [before] = await alice.daemon.associations();
    const revoked = await issueFor('alice');
    scene.a.issuing.revoke(revoked);
    await bob.daemon.flush('X509_CRL');
    const connection = await alice.renew(revoked);
    expect(await replaceAssociations(alice.daemon, connection)).toMatchObject({
      type: 'kept',
      why: expect.stringContaining('received AUTHENTICATION_FAILED notify error'),
    });
    const after = await alice.daemon.associations();
    expect(after.map(({ id }) => id)).toStrictEqual([before?.id]);
  });
});

describe('a CRL that is loaded', () => {
  it('in place of an older one decides once the caches are flushed, not before', async () => {
    const victim = await issueFor('bob');
    const older = await scene.b.issuing.crl();
    scene.b.issuing.revoke(victim);
    const newer = await scene.b.issuing.crl();
    await alice.daemon.flush('X509_CRL');
    await alice.daemon.loadCrl(older);
    await alice.daemon.terminate({ connection: connectionName });
    await bob.renew(victim);
    const call = () => alice.daemon.establish(connectionName, childName, 20_000);
    expect((await call()).isUp).toBe(true);
    await alice.daemon.terminate({ connection: connectionName });
    await alice.daemon.loadCrl(newer);
    expect((await call()).isUp).toBe(true);
    await alice.daemon.terminate({ connection: connectionName });
    await alice.daemon.flush('X509_CRL');
    const { isUp, log } = await call();
    expect(isUp).toBe(false);
    expect(log.join('\n')).toContain('certificate was revoked');
    // An older one does not come back.
    await alice.daemon.loadCrl(older);
    const crls = (await alice.daemon.crls()).map((der) => hexOf({ der }));
    expect(crls).toContain(hexOf({ der: newer }));
    expect(crls).not.toContain(hexOf({ der: older }));
  });
});
