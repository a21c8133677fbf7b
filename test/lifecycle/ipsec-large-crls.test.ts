import { describe, expect, it } from 'vitest';
import { crlPathOf } from '../../src/lifecycle/ipsec-large-crls.ts';
import { putIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { planIpsec, type IpsecPlan } from '../../src/lifecycle/ipsec-plan.ts';
import { setResponder } from '../../src/lifecycle/set-responder.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { caBy, holdCrl, manyEntries } from './held-crl.ts';
import { keepCa, makeIpsecSite, peer, type IpsecSite } from './ipsec-site.ts';

const large = caBy('sha1');
const elsewhere = 'http://crl.example/large.crl';

interface LargeSite extends IpsecSite {
  /** What was warned of. */
  readonly warned: readonly string[];
  /** Set the peer, judged by this CA. @returns what would go to charon */
  plan(): Promise<Pick<IpsecPlan, 'crls' | 'authorities'>>;
}

/** A site with a peer that is judged by a CA, and with a place where the agent answers. */
async function siteWith(ca: Issued, isAnswered = true): Promise<LargeSite> {
  const made = await makeIpsecSite();
  await keepCa(made.site, 'large', ca);
  const warned: string[] = [];
  const log = { ...made.context.log, warn: (line: string) => void warned.push(line) };
  const context = { ...made.context, log };
  if (isAnswered) {
    const place = { address: '127.0.0.1', port: 8889, isOpen: false };
    await setResponder(context, { ...place, forCa: [], passesNonces: false });
  }
  return {
    ...made,
    context,
    warned,
    async plan() {
      await made.put({ ca: ['large'], crlUris: [elsewhere] });
      const { crls, authorities, key } = await planIpsec(
        context,
        await made.current(),
        made.charon.socket,
      );
      key.forget();
      return { crls, authorities };
    },
  };
}

const ours = `http://127.0.0.1:8889${crlPathOf(large.certificate)}`;

describe('CRLs that are larger than VICI takes', () => {
  it('are not loaded, and charon is told to fetch them from the agent before anywhere else', async () => {
    const made = await siteWith(large);
    await holdCrl(made.site, large, { entries: manyEntries });
    const { crls, authorities } = await made.plan();
    expect(crls).toStrictEqual([]);
    expect(authorities).toMatchObject([{ ocspUris: [], crlUris: [ours, elsewhere] }]);
    expect(made.warned).toStrictEqual([]);
  });

  it('are fetched by charon from elsewhere while the agent answers nobody, of which is warned', async () => {
    const made = await siteWith(large, false);
    await holdCrl(made.site, large, { entries: manyEntries });
    expect((await made.plan()).authorities).toMatchObject([{ crlUris: [elsewhere] }]);
    expect(made.warned).toStrictEqual([
      expect.stringMatching(
        /the CRL of "CN=Large CA" has more than the 65535 octets .* the agent does not answer charon: with "certkeeper staple responder listen/,
      ),
    ]);
  });

  it('are warned of where charon goes only to the places that certificates name', async () => {
    const ca = caBy('sha256');
    const made = await siteWith(ca);
    await holdCrl(made.site, ca, { entries: manyEntries });
    await made.plan();
    expect(made.warned).toStrictEqual([
      expect.stringMatching(
        /only from where certificates say, .* with http_proxy=http:\/\/127\.0\.0\.1:8889\/ in/,
      ),
    ]);
  });

  it.each([
    ['a delta', { number: 2n, base: 1n }],
    ['a part', { scope: { onlyContainsUserCerts: true } }],
    ['small', { entries: [] }],
  ])('are not to be fetched from the agent when they are %s', async (_, parts) => {
    const made = await siteWith(large);
    await holdCrl(made.site, large, { entries: manyEntries, ...parts });
    expect((await made.plan()).authorities).toMatchObject([{ crlUris: [elsewhere] }]);
  });

  it('of another CA of that name, or of who signs with another key for the CA, are left out, small ones too', async () => {
    const made = await siteWith(large);
    const signs = { extensions: [extension('keyUsage', ['cRLSign'], true)] };
    const others = [caBy('sha1'), issue({ subject: 'CN=Large CA', issuer: large, ...signs })];
    for (const signer of others) {
      for (const parts of [{ entries: manyEntries }, { number: 2n }]) {
        await holdCrl(made.site, signer, parts);
        const { crls, authorities } = await made.plan();
        expect(crls).toStrictEqual([]);
        expect(authorities).toMatchObject([{ crlUris: [elsewhere] }]);
      }
    }
  });

  it('of a CA that may not sign any are left out', async () => {
    const ca = issue({
      subject: 'CN=Large CA',
      extensions: [
        extension('basicConstraints', { cA: true }, true),
        extension('keyUsage', ['keyCertSign'], true),
      ],
    });
    const made = await siteWith(ca);
    await holdCrl(made.site, ca);
    expect((await made.plan()).crls).toStrictEqual([]);
  });

  it('are told of when a peer is only stored, and so is crl-uri that charon does not use', async () => {
    const ca = caBy('sha256');
    const made = await siteWith(ca, false);
    await holdCrl(made.site, ca, { entries: manyEntries });
    const changes = { ca: ['large'], crlUris: [elsewhere], remoteId: 'CN=far' };
    await putIpsecPeer(made.context, { ...peer(made.charon.socket), ...changes }, true);
    expect(made.warned).toContainEqual(expect.stringContaining('more than the 65535'));
    expect(made.warned).toContainEqual(
      expect.stringContaining('charon does not use crl-uri for CRLs of "CN=Large CA"'),
    );
  });
});
