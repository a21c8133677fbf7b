import { describe, expect, it } from 'vitest';
import { servedCrls, type ServedCrls } from '../../src/agent/served-crls.ts';
import { crlPathOf } from '../../src/lifecycle/ipsec-large-crls.ts';
import { putConfiguredCrl } from '../../src/lifecycle/configured-crls.ts';
import { readCrl, crlIdentity } from '../../src/revocation/crl.ts';
import type { Issued } from '../harness/certificates.ts';
import { caBy, holdCrl, manyEntries } from '../lifecycle/held-crl.ts';
import { keepCa, makeIpsecSite, peersRoot, type IpsecSite } from '../lifecycle/ipsec-site.ts';

interface ServingSite extends IpsecSite {
  readonly served: ServedCrls;
  /** The octets at a place. */
  at(place: string): Promise<Uint8Array | undefined>;
}

/** A site with one peer, which is judged by the root of peers. */
async function servingSite(): Promise<ServingSite> {
  const made = await makeIpsecSite();
  await made.put();
  const served = servedCrls(made.site);
  return { ...made, served, at: async (place) => (await served.find(place))?.der };
}

/** Note that the CRL of a CA came from a place. */
async function cameFrom({ site }: IpsecSite, url: string, der: Uint8Array, signer: Issued) {
  const reading = readCrl(der);
  if (reading.type !== 'crl') throw new Error(reading.detail);
  const identity = crlIdentity(reading.crl, signer.certificate);
  await site.store.crlSources.put({ url, origin: 'certificate', identity, failures: 0 });
}

const path = crlPathOf(peersRoot.certificate);

describe('servedCrls()', () => {
  it('has the CRLs of the CAs of peers, large and small, at their paths', async () => {
    const made = await servingSite();
    expect(await made.at(path)).toBeUndefined();
    const small = await holdCrl(made.site, peersRoot);
    expect(await made.at(path)).toStrictEqual(small);
    const large = await holdCrl(made.site, peersRoot, { number: 2n, entries: manyEntries });
    expect(await made.at(path)).toStrictEqual(large);
  });

  it('reads each once, for all who ask at the same time, and again when there is another', async () => {
    const made = await servingSite();
    await holdCrl(made.site, peersRoot, { entries: manyEntries });
    const [one, other] = await Promise.all([made.served.find(path), made.served.find(path)]);
    expect(one?.der).toBe(other?.der);
    expect((await made.served.find(path))?.der).toBe(one?.der);
    const newer = await holdCrl(made.site, peersRoot, { number: 2n, entries: manyEntries });
    const found = await made.served.find(path);
    expect(found?.der).toStrictEqual(newer);
    expect(found?.etag).not.toBe(one?.etag);
  });

  it('has nothing of a CA by which no peer is judged, nor of another of the same name', async () => {
    const made = await servingSite();
    const stranger = caBy('sha1', 'CN=Stranger');
    const namesake = caBy('sha1', 'CN=Peers Root');
    await keepCa(made.site, 'stranger', stranger);
    for (const each of [stranger, namesake]) {
      await cameFrom(made, 'http://a/', await holdCrl(made.site, each), each);
      expect(await made.at(crlPathOf(each.certificate))).toBeUndefined();
      expect(await made.at('http://a/')).toBeUndefined();
    }
    expect(await made.at(path)).toBeUndefined();
  });

  it('has neither parts nor deltas', async () => {
    const made = await servingSite();
    await holdCrl(made.site, peersRoot, { number: 2n, base: 1n });
    await holdCrl(made.site, peersRoot, { scope: { onlyContainsUserCerts: true } });
    expect(await made.at(path)).toBeUndefined();
  });

  it('has nothing any more when the peer or the CRL is gone', async () => {
    const made = await servingSite();
    await holdCrl(made.site, peersRoot);
    expect(await made.at(path)).toBeDefined();
    for (const { identity } of await made.site.store.heldCrls.list()) {
      await made.site.store.heldCrls.remove(identity);
    }
    expect(await made.at(path)).toBeUndefined();
    await holdCrl(made.site, peersRoot);
    await made.site.store.ipsecPeers.remove('hq');
    expect(await made.at(path)).toBeUndefined();
  });

  it('has them at the places they came from, too, and those that are named for a peer', async () => {
    const made = await servingSite();
    const url = 'http://crl.example/root.crl';
    const der = await holdCrl(made.site, peersRoot);
    await cameFrom(made, url, der, peersRoot);
    expect(await made.at(url)).toStrictEqual(der);
    expect(await made.at('http://crl.example/')).toBeUndefined();
    const below = caBy('sha256', 'CN=Shown by peers');
    const named = 'http://crl.example/below.crl';
    await putConfiguredCrl(made.context, { name: 'below', words: { url: named, format: 'der' } });
    const ofBelow = await holdCrl(made.site, below);
    await cameFrom(made, named, ofBelow, below);
    expect(await made.at(named)).toBeUndefined();
    await made.put({ crls: ['below'] });
    expect(await made.at(named)).toStrictEqual(ofBelow);
  });
});
