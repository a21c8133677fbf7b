import { describe, expect, it } from 'vitest';
import { composeValidation } from '../../src/agent/compose-validation.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { crlsAhead, type AheadOutcome } from '../../src/lifecycle/ipsec-ahead.ts';
import { putIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { ipsecTrust } from '../../src/lifecycle/ipsec-trust.ts';
import { putPolicy } from '../../src/lifecycle/validation-policies.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { makeCrl } from '../revocation/crl-made.ts';
import { crlServer, pointAt, type CrlServer } from '../validation/crl-kept.ts';
import { responderAt } from '../validation/ocsp-asked.ts';
import { hex, keepCa, makeIpsecSite, peer, peersRoot, type IpsecSite } from './ipsec-site.ts';

/** A site whose peers are of a CA that names a CRL of its root. */
interface AheadSite extends IpsecSite {
  readonly server: Pick<CrlServer, 'serve' | 'requests' | 'url'>;
  readonly warned: readonly string[];
  /** Make a CRL of the root, good for an hour from now. */
  crl(number: bigint, signer?: Issued): Uint8Array;
  /** Set the peer as an operator does; with words, judged by a policy of these. */
  add(changes?: Partial<IpsecPeer>, words?: SettingWords): Promise<void>;
  /** Fetch ahead, as the agent does again and again. */
  fetch(...others: readonly Issued[]): Promise<AheadOutcome>;
  /** CRLNumbers of what is held. */
  held(): Promise<readonly (bigint | undefined)[]>;
}

async function aheadSite({ isNamed = true, isSilent = false } = {}): Promise<AheadSite> {
  const made = await makeIpsecSite();
  const { site, charon } = made;
  const { store, clock } = site;
  const server = isSilent ? { ...(await responderAt(() => {})), serve() {} } : await crlServer(500);
  const issuing = issue({
    subject: 'CN=Issuing',
    issuer: peersRoot,
    isCa: true,
    extensions: isNamed ? [pointingAt(server.url)] : [],
  });
  await keepCa(site, 'issuing', issuing);
  const warned: string[] = [];
  const log = { ...made.context.log, warn: (line: string) => void warned.push(line) };
  const { context: validation } = composeValidation({
    ...site.context,
    retrieve: () => Promise.reject(new Error('Nothing is set up')),
  });
  const context: LifecycleContext = {
    ...made.context,
    log,
    peerValidation: async () => validation,
  };
  const ahead = crlsAhead({ store, clock, validation });
  return {
    ...made,
    context,
    server,
    warned,
    crl(number, signer = peersRoot) {
      const thisUpdate = clock.now();
      const nextUpdate = new Date(thisUpdate.getTime() + 3_600_000);
      return makeCrl(signer, { number, thisUpdate, nextUpdate });
    },
    async add(changes = {}, words) {
      if (words) await putPolicy(context, { name: 'p', words: { ca: ['peers'], ...words } });
      const judged = { ...changes, ...(words && { policy: 'p' }) };
      await putIpsecPeer(context, { ...peer(charon.socket), ...judged }, false);
    },
    async fetch(...others) {
      const all = await store.ipsecPeers.list();
      const trusted = all.map(async (each) => ({
        peer: each,
        trust: await ipsecTrust(store, each),
      }));
      const certificates = others.map(({ certificate }) => certificate);
      const { signal } = new AbortController();
      return await ahead.fetch(await Promise.all(trusted), () => certificates, signal);
    },
    held: async () => (await store.heldCrls.list()).map(({ crlNumber }) => crlNumber),
  };
}

function pointingAt(url: string) {
  return extension('cRLDistributionPoints', [pointAt(url)]);
}

describe('CRLs that are fetched before there is a peer', () => {
  it('are those that its CA names, and are there when it is loaded', async () => {
    const { add, server, crl, charon, warned } = await aheadSite();
    const der = crl(1n);
    server.serve(der);
    await add();
    expect([...charon.crls]).toStrictEqual([hex(der)]);
    expect([...charon.connections.keys()]).toStrictEqual(['hq']);
    expect(warned).toStrictEqual([]);
  });

  it('keep no peer from being loaded when they cannot be had, and it is said which is missing', async () => {
    const { add, charon, warned } = await aheadSite();
    await add();
    expect([...charon.connections.keys()]).toStrictEqual(['hq']);
    expect(warned).toStrictEqual([
      expect.stringMatching(/^Cannot get the CRL of "CN=Peers Root" for IPsec peer "hq": http/),
    ]);
  });

  it('are waited for no longer than the policy waits for a peer', async () => {
    const { add, charon, warned } = await aheadSite({ isSilent: true });
    await add({}, { deadline: 100 });
    expect([...charon.connections.keys()]).toStrictEqual(['hq']);
    expect(warned).toStrictEqual([
      expect.stringMatching(/^Cannot get the CRL of .*: timeout: .* may refuse the peer/),
    ]);
  });

  it('are fetched under relaxed as well, which misses none', async () => {
    const { add, server, warned } = await aheadSite();
    await add({ revocation: 'relaxed' });
    expect(server.requests).toHaveLength(1);
    expect(warned).toStrictEqual([]);
  });

  it.each<readonly [string, SettingWords]>([
    ['has certificates name no places', { 'crl-distribution-points': false, ocsp: 'on' }],
    ['has them name other hosts only', { 'crl-hosts': ['crl.example'] }],
  ])('are fetched from nowhere where the policy %s', async (_, words) => {
    const { add, server } = await aheadSite();
    await add({}, words);
    expect(server.requests).toStrictEqual([]);
  });

  it('are held only if the issuer has signed them', async () => {
    const { add, server, crl, held, warned } = await aheadSite();
    server.serve(crl(1n, issue({ subject: 'CN=Peers Root', isCa: true })));
    await add();
    expect(await held()).toStrictEqual([]);
    expect(warned).toHaveLength(1);
  });

  it('are those that other certificates of the CA name, and no others', async () => {
    const { add, server, crl, held, fetch, site } = await aheadSite({ isNamed: false });
    await add();
    server.serve(crl(1n));
    const leafOf = (issuer: Issued): Issued =>
      issue({ subject: 'CN=leaf', issuer, extensions: [pointingAt(server.url)] });
    await fetch(leafOf(issue({ subject: 'CN=Peers Root', isCa: true })));
    expect(server.requests).toStrictEqual([]);
    await site.clock.advance(60);
    await fetch(leafOf(peersRoot), leafOf(peersRoot));
    expect(await held()).toStrictEqual([1n]);
    expect(server.requests).toHaveLength(1);
  });

  it('are fetched again before they end, and not all the time', async () => {
    const { add, server, crl, held, fetch, site } = await aheadSite();
    server.serve(crl(1n));
    await add();
    await site.clock.advance(600);
    await fetch();
    expect(server.requests).toHaveLength(1);
    await site.clock.advance(2400);
    server.serve(crl(2n));
    expect(await fetch()).toStrictEqual({ isAny: true, missing: [] });
    expect(await held()).toStrictEqual([2n]);
    expect(await fetch()).toStrictEqual({ isAny: false, missing: [] });
  });

  it('are gone by until they end when there is no newer one', async () => {
    const { add, server, crl, held, fetch, site } = await aheadSite();
    server.serve(crl(1n));
    await add();
    server.serve(500);
    await site.clock.advance(3000);
    expect((await fetch()).missing).toStrictEqual([]);
    expect(server.requests).toHaveLength(2);
    await site.clock.advance(3000);
    expect((await fetch()).missing).toHaveLength(1);
    expect(await held()).toStrictEqual([1n]);
  });
});
