import { describe, expect, it } from 'vitest';
import { modernOnly } from '../../src/crypto/policy.ts';
import { parseLabel } from '../../src/base/label.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { configuredSigner, storedCas } from '../../src/validation/configured-signer.ts';
import { nextAttempt, nextFetch } from '../../src/validation/crl-schedule.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, someDay } from '../harness/certificates.ts';
import { crl, hours, makeCrl } from '../revocation/crl-made.ts';
import { ca, codesOf, crlServer, keeping, leaf, numbersOf, type Keeping } from './crl-kept.ts';

async function configured(parts: Parameters<typeof keeping>[0] = {}) {
  const server = await crlServer(makeCrl(ca));
  const site = await keeping(parts);
  site.places.push({ name: 'c', url: server.url });
  return { server, site };
}

/** Move the clock to when the next fetch is due. */
async function goToNext({ keeper, clock }: Keeping): Promise<Date> {
  const next = await keeper.nextRefresh();
  if (!next) throw new Error('nothing is due');
  await clock.advance(Math.ceil((next.getTime() - clock.now().getTime()) / 1000));
  return next;
}

describe('a configured CRL', () => {
  it('is fetched at once, held, and fetched again at 50 to 75 percent of its time', async () => {
    const { server, site } = await configured();
    await site.refresh();
    expect(numbersOf(await site.find())).toStrictEqual([1n]);
    expect(server.requests).toHaveLength(1);
    await site.refresh();
    expect(server.requests).toHaveLength(1);
    server.serve(makeCrl(ca, { number: 2n, thisUpdate: hours(10), nextUpdate: hours(34) }));
    const next = await goToNext(site);
    expect(next.getTime()).toBeGreaterThanOrEqual(hours(11).getTime());
    expect(next.getTime()).toBeLessThanOrEqual(hours(17).getTime());
    await site.refresh();
    expect(server.requests).toHaveLength(2);
    expect(numbersOf(await site.find())).toStrictEqual([2n]);
  });

  it('is fetched when it is needed where nobody fetches in the background', async () => {
    const { server, site } = await configured();
    const found = await site.find(leaf, { fromCertificates: false });
    expect(numbersOf(found)).toStrictEqual([1n]);
    await site.keep(found);
    expect(numbersOf(await site.find())).toStrictEqual([1n]);
    expect(server.requests).toHaveLength(1);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({ origin: 'configured' });
    expect(await site.keeper.nextRefresh()).toBeDefined();
  });

  it('counts for the issuer it is of, and for no other', async () => {
    const { site } = await configured();
    const other = issue({ subject: 'CN=other', issuer: issue({ subject: 'CN=Other CA' }) });
    expect(await site.find(other)).toStrictEqual({ crls: [], failed: [] });
  });

  it('that a policy names and nobody has set up is no source', async () => {
    const { site } = await configured();
    expect(codesOf(await site.find(leaf, { configured: ['gone'] }))).toStrictEqual(['no-source']);
  });

  it('is fetched after its period where that is shorter', async () => {
    const { server, site } = await configured();
    site.places.splice(0, 1, { name: 'c', url: server.url, refreshSeconds: 600 });
    await site.refresh();
    expect(await site.keeper.nextRefresh()).toStrictEqual(new Date(someDay.getTime() + 600_000));
  });

  it('stays until its end when it cannot be fetched, with pauses that grow, and its end is told once', async () => {
    const { server, site } = await configured();
    await site.refresh();
    server.serve(503);
    let attempts = 0;
    while (site.clock.now() < hours(25)) {
      await goToNext(site);
      await site.refresh();
      attempts++;
      expect(numbersOf(await site.find())).toStrictEqual([1n]);
    }
    expect(attempts).toBeGreaterThan(8);
    expect(attempts).toBeLessThan(30);
    expect(site.events.filter(({ type }) => type === 'crl-expired')).toStrictEqual([
      { type: 'crl-expired', url: server.url, issuer: '"CN=CA"' },
    ]);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({
      failures: attempts,
      code: 'http-status',
      fetchedAt: someDay,
    });
    server.serve(makeCrl(ca, { number: 2n, thisUpdate: hours(25), nextUpdate: hours(49) }));
    await goToNext(site);
    await site.refresh();
    expect(numbersOf(await site.find())).toStrictEqual([2n]);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({ failures: 0 });
  });

  it('that no configured CA has signed is not held; a peer whose path leads there may believe it', async () => {
    const { server, site } = await configured({ signerOf: async () => undefined });
    await site.refresh();
    expect(await site.store.heldCrls.list()).toStrictEqual([]);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({
      code: 'crl-issuer-untrusted',
      failures: 1,
    });
    expect(numbersOf(await site.find())).toStrictEqual([1n]);
    expect(server.requests).toHaveLength(1);
  });

  it('of an earlier number is not taken', async () => {
    const { server, site } = await configured();
    await site.refresh();
    server.serve(makeCrl(ca, { number: 0n, thisUpdate: hours(10), nextUpdate: hours(90) }));
    await goToNext(site);
    await site.refresh();
    expect(numbersOf(await site.find())).toStrictEqual([1n]);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({ code: 'too-old' });
    expect(site.events.filter(({ type }) => type === 'crl-rollback')).toHaveLength(1);
  });

  it('that is set up no more is fetched no more', async () => {
    const { server, site } = await configured();
    await site.refresh();
    site.places.pop();
    await goToNext(site);
    await site.refresh();
    expect(server.requests).toHaveLength(1);
    expect(await site.keeper.nextRefresh()).toBeUndefined();
  });
});

describe('nextFetch()', () => {
  const fetched = {
    url: 'http://crl.example/a',
    fetchedAt: someDay,
    thisUpdate: hours(0),
    nextUpdate: hours(100),
  };

  it('spreads URLs over 50 to 75 percent, each at its own part', () => {
    const parts = Array.from({ length: 200 }, (_, i) => {
      const next = nextFetch({ ...fetched, url: `http://crl.example/${i}` });
      return (next.getTime() - hours(0).getTime()) / (hours(100).getTime() - hours(0).getTime());
    });
    expect(Math.min(...parts)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...parts)).toBeLessThanOrEqual(0.75);
    expect(Math.max(...parts) - Math.min(...parts)).toBeGreaterThan(0.2);
    expect(nextFetch(fetched)).toStrictEqual(nextFetch(fetched));
  });

  it('takes what is left where a CRL came late, and never less than a minute', () => {
    const late = nextFetch({ ...fetched, fetchedAt: hours(90) });
    expect(late.getTime()).toBeGreaterThanOrEqual(hours(95).getTime());
    expect(late.getTime()).toBeLessThanOrEqual(hours(97.5).getTime());
    const over = nextFetch({ ...fetched, fetchedAt: hours(200) });
    expect(over).toStrictEqual(new Date(hours(200).getTime() + 60_000));
  });

  it('of one without an end is within a day', () => {
    const { nextUpdate: _, ...endless } = fetched;
    expect(nextFetch(endless).getTime()).toBeLessThan(hours(24).getTime());
  });
});

describe('nextAttempt()', () => {
  it('doubles the pause from a minute up to an hour', () => {
    const pauses = Array.from({ length: 40 }, (_, i) => {
      return (nextAttempt('http://x/', i + 1, someDay).getTime() - someDay.getTime()) / 60_000;
    });
    expect(pauses[0]).toBeGreaterThanOrEqual(1);
    expect(pauses[0]).toBeLessThanOrEqual(1.5);
    expect((pauses[3] ?? 0) / (pauses[2] ?? 1)).toBeCloseTo(2, 3);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60);
    expect(pauses.at(-1)).toBe(Math.max(...pauses));
  });
});

describe('configuredSigner()', () => {
  const sub = issue({ subject: 'CN=Sub', issuer: ca, isCa: true });

  async function signerOf(made: ReturnType<typeof crl>) {
    const { store, clock } = await keeping();
    const profile = {
      ...caProfile({
        label: parseLabel('lab', 'label'),
        url: 'http://ca.example/',
        roots: [certificateDer(ca.certificate)],
      }),
      intermediates: [certificateDer(sub.certificate), Uint8Array.of(1, 2, 3)],
    };
    await store.authorities.put(profile);
    const found = await configuredSigner({
      cas: () => storedCas(store),
      clock,
      algorithms: modernOnly,
    })(made);
    return found && certificateDer(found);
  }

  it('is a root of a CA profile, or a CA below one', async () => {
    expect(await signerOf(crl(ca))).toStrictEqual(certificateDer(ca.certificate));
    expect(await signerOf(crl(sub))).toStrictEqual(certificateDer(sub.certificate));
  });

  it('is nobody of that name with another key, and nobody who may not sign CRLs', async () => {
    expect(await signerOf(crl(issue({ subject: 'CN=CA', isCa: true })))).toBeUndefined();
    const usage = extension('keyUsage', ['keyCertSign'], true);
    const mute = issue({ subject: 'CN=Mute', issuer: ca, extensions: [usage] });
    const { store, clock } = await keeping();
    const of = configuredSigner({ cas: () => storedCas(store), clock, algorithms: modernOnly });
    await store.authorities.put(
      caProfile({
        label: parseLabel('m', 'label'),
        url: 'http://ca.example/',
        roots: [certificateDer(mute.certificate)],
      }),
    );
    expect(await of(crl(mute))).toBeUndefined();
  });
});
