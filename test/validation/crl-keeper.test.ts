import { describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, someDay } from '../harness/certificates.ts';
import { crl, hours, makeCrl } from '../revocation/crl-made.ts';
import {
  ca,
  codesOf,
  crlServer,
  keeping,
  leaf,
  numbersOf,
  octetsOf,
  pointAt,
  pointing,
} from './crl-kept.ts';

describe('a CRL that a certificate names', () => {
  it('is fetched when it is needed, and held from then on, in every process', async () => {
    const { url, requests } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    const found = await site.find(of);
    expect(numbersOf(found)).toStrictEqual([1n]);
    await site.keep(found);
    expect((await site.find(of)).crls).toStrictEqual(found.crls);
    expect(numbersOf(await site.again().find(of))).toStrictEqual([1n]);
    expect(requests).toHaveLength(1);
    expect(await site.store.crlSources.get(url)).toMatchObject({
      origin: 'certificate',
      failures: 0,
      fetchedAt: someDay,
    });
    expect((await site.store.crlSources.get(url))?.nextAt).toBeUndefined();
    expect(site.events).toMatchObject([
      { type: 'crl-fetch', url, outcome: 'fetched', entries: 0 },
      { type: 'crl-hit' },
    ]);
  });

  it('is the same object each time, so that its signature is checked once', async () => {
    const { url } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    const [first] = (await site.find(of)).crls;
    expect((await site.find(of)).crls[0]).toBe(first);
    await site.keep(await site.find(of));
    expect((await site.find(of)).crls[0]).toBe(first);
    const other = site.again();
    const [read] = (await other.find(of)).crls;
    expect((await other.find(of)).crls[0]).toBe(read);
  });

  it('is not held before it was verified, and not fetched for every peer either', async () => {
    const { url, requests } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    for (let i = 0; i < 5; i++) await site.find(of);
    expect(requests).toHaveLength(1);
    expect(await site.store.heldCrls.list()).toStrictEqual([]);
    await site.clock.advance(61);
    await site.find(of);
    expect(requests).toHaveLength(2);
  });

  it('is fetched again only when its time is over and somebody needs it', async () => {
    const { url, requests, serve } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    await site.keep(await site.find(of));
    serve(makeCrl(ca, { number: 2n, thisUpdate: hours(20), nextUpdate: hours(44) }));
    await site.clock.advance(23 * 3600);
    await site.refresh();
    expect(numbersOf(await site.find(of))).toStrictEqual([1n]);
    expect(requests).toHaveLength(1);
    await site.clock.advance(1);
    const found = await site.find(of);
    expect(numbersOf(found)).toStrictEqual([1n, 2n]);
    await site.keep(found);
    expect(numbersOf(await site.find(of))).toStrictEqual([2n]);
    expect(requests).toHaveLength(2);
  });

  it('that is over is given still when there is no newer one: a revocation does not lapse', async () => {
    const { url, serve } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    await site.keep(await site.find(of));
    serve(500);
    await site.clock.advance(24 * 3600);
    const found = await site.find(of);
    expect(numbersOf(found)).toStrictEqual([1n]);
    expect(codesOf(found)).toStrictEqual(['http-status']);
  });

  it('is looked for at the places of a point one after the other, and at those of all points', async () => {
    const good = await crlServer(makeCrl(ca));
    const bad = await crlServer(404);
    const site = await keeping();
    const found = await site.find(
      pointing(pointAt(bad.url, good.url, 'http://never.invalid/'), pointAt(good.url)),
    );
    expect(numbersOf(found)).toStrictEqual([1n]);
    expect(codesOf(found)).toStrictEqual(['http-status']);
    expect(good.requests).toHaveLength(1);
  });

  it('is fetched once by all who need it at the same time', async () => {
    const { url, requests } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    const all = await Promise.all(Array.from({ length: 20 }, () => site.find(of)));
    expect(new Set(all.flatMap(({ crls }) => crls)).size).toBe(1);
    expect(requests).toHaveLength(1);
  });

  it('is not fetched where one is at hand that covers its point, or nothing is to be fetched', async () => {
    const { url, requests } = await crlServer(makeCrl(ca));
    const site = await keeping();
    await site.store.heldCrls.put({
      identity: JSON.stringify(['held']),
      issuer: toDer(Name, ca.subject),
      thisUpdate: hours(-1),
      nextUpdate: hours(23),
      crlNumber: 1n,
      fetchedAt: someDay,
      der: makeCrl(ca),
    });
    expect(numbersOf(await site.find(pointing(pointAt(url))))).toStrictEqual([1n]);
    expect(
      numbersOf(await site.find(pointing(pointAt(url)), { fromCertificates: false })),
    ).toStrictEqual([1n]);
    expect(requests).toHaveLength(0);
    const reasons = {
      ...pointAt(url),
      cRLIssuer: [{ type: 'directoryName', value: leaf.subject } as const],
    };
    await site.find(pointing(reasons));
    expect(requests).toHaveLength(1);
  });

  it('of a CA profile counts as well', async () => {
    const site = await keeping();
    const der = makeCrl(ca, { number: 7n });
    const issuer = toDer(Name, ca.subject);
    const label = parseLabel('ca', 'ca');
    const times = { thisUpdate: hours(-1), nextUpdate: hours(23), fetchedAt: someDay };
    await site.store.crls.put({ ca: label, issuer, der, ...times });
    expect(numbersOf(await site.find())).toStrictEqual([7n]);
  });

  it('may be PEM', async () => {
    const { url } = await crlServer(utf8(encodePem('X509 CRL', makeCrl(ca))));
    expect(numbersOf(await (await keeping()).find(pointing(pointAt(url))))).toStrictEqual([1n]);
  });
});

describe('a place that a certificate names', () => {
  it.each([
    'file:///etc/passwd',
    '/etc/passwd',
    'sftp://x/y',
    'tftp://x/y',
    'gopher://x/y',
    'http://gw:s3cret@x/y',
    'http:///y',
    'ldap:///CN=x?certificateRevocationList;binary',
    'nonsense',
  ])('is not gone to when it is %s', async (url) => {
    const site = await keeping({ fetchNamed: neverFetched });
    const found = await site.find(pointing(pointAt(url)));
    expect(codesOf(found)).toStrictEqual(['no-source']);
    expect(JSON.stringify(found.failed)).not.toContain('s3cret');
  });

  it('is gone to on allowed hosts only, where there is a list of them', async () => {
    const asked: string[] = [];
    const site = await keeping({
      async fetchNamed(url) {
        asked.push(url);
        return makeCrl(ca);
      },
    });
    const hosts = ['CRL.example', '192.0.2.1'];
    const urls = ['http://crl.example./a', 'http://192.0.2.1:8080/b', 'ldap://crl.example/CN=x'];
    for (const url of urls) await site.find(pointing(pointAt(url)), { hosts });
    for (const url of ['http://crl.example.org/', 'http://192.0.2.10/', 'http://xcrl.example/']) {
      expect(codesOf(await site.find(pointing(pointAt(url)), { hosts }))).toStrictEqual([
        'no-source',
      ]);
    }
    expect(asked).toStrictEqual([
      ...urls.slice(0, 2),
      'ldap://crl.example/CN=x?certificateRevocationList;binary',
    ]);
  });

  it('may be a file where that was allowed', async () => {
    const asked: string[] = [];
    const site = await keeping({
      async fetchNamed(url) {
        asked.push(url);
        return makeCrl(ca);
      },
    });
    const of = pointing(pointAt('file:///srv/a.crl'));
    expect(codesOf(await site.find(of))).toStrictEqual(['no-source']);
    expect(numbersOf(await site.find(of, { files: true }))).toStrictEqual([1n]);
    expect(asked).toStrictEqual(['file:///srv/a.crl']);
  });

  it('has a pause after each failure, twice as long each time', async () => {
    const { url, requests } = await crlServer(500);
    const site = await keeping();
    const of = pointing(pointAt(url));
    await site.find(of);
    expect(codesOf(await site.find(of))).toStrictEqual(['http-status']);
    expect(requests).toHaveLength(1);
    await site.clock.advance(90);
    await site.find(of);
    await site.clock.advance(90);
    await site.find(of);
    expect(requests).toHaveLength(2);
    await site.clock.advance(90);
    await site.find(of);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['no CRL', utf8('<html>'), 'malformed'],
    ['nothing', new Uint8Array(), 'malformed'],
    ['a certificate in PEM', utf8(encodePem('CERTIFICATE', makeCrl(ca))), 'malformed'],
    ['half a CRL', makeCrl(ca).subarray(0, 100), 'malformed'],
    ['a redirect', 302, 'http-status'],
  ] as const)('that gives %s has failed', async (_what, served, code) => {
    const { url } = await crlServer(served);
    expect(codesOf(await (await keeping()).find(pointing(pointAt(url))))).toStrictEqual([code]);
  });

  it('that trickles, or says it has more than is taken, keeps nobody beyond the deadline', async () => {
    const deadline = new AbortController();
    const slow = await crlServer(makeCrl(ca));
    const site = await keeping({
      fetchNamed: async (url, { signal, limits }) => {
        expect(limits.maxBytes).toBe(64 * 1024 * 1024);
        deadline.abort();
        return await retrieve(url, { signal });
      },
    });
    const found = await site.find(pointing(pointAt(slow.url)), {}, deadline.signal);
    expect(codesOf(found)).toStrictEqual(['timeout']);
    const lying = await keeping({
      fetchNamed: async (url, options) =>
        await retrieve(url, { ...options, limits: { maxBytes: 10 } }),
    });
    expect(codesOf(await lying.find(pointing(pointAt(slow.url))))).toStrictEqual(['too-large']);
  });
});

describe('a CRL from before the one that is held', () => {
  it('is not taken, and that is told', async () => {
    const { url, serve } = await crlServer(makeCrl(ca, { number: 5n }));
    const site = await keeping();
    const of = pointing(pointAt(url));
    await site.keep(await site.find(of));
    serve(makeCrl(ca, { number: 4n, nextUpdate: hours(100) }));
    await site.clock.advance(24 * 3600);
    const found = await site.find(of);
    expect(numbersOf(found)).toStrictEqual([5n]);
    expect(codesOf(found)).toStrictEqual(['too-old']);
    expect(site.events).toContainEqual({ type: 'crl-rollback', url, issuer: '"CN=CA"' });
    expect(numbersOf(await site.find())).toStrictEqual([5n]);
  });

  it('made up by a stranger is nothing to be told', async () => {
    const { url, serve } = await crlServer(makeCrl(ca, { number: 5n }));
    const site = await keeping({ signerOf: async () => undefined });
    const of = pointing(pointAt(url));
    await site.keep(await site.find(of));
    serve(makeCrl(issue({ subject: 'CN=CA', isCa: true }), { number: 4n, nextUpdate: hours(100) }));
    await site.clock.advance(24 * 3600);
    expect(numbersOf(await site.find(of))).toStrictEqual([4n, 5n]);
    expect(site.events.map(({ type }) => type)).toStrictEqual(['crl-fetch', 'crl-fetch']);
  });

  it('comes back when an operator has forgotten the one that was held', async () => {
    const { url } = await crlServer(makeCrl(ca, { number: 4n }));
    const site = await keeping();
    const of = pointing(pointAt(url));
    await site.keeper.keep([{ crl: crl(ca, { number: 5n }), signer: ca.certificate }]);
    // It did not come from anywhere: nothing is held of it.
    expect(await site.store.heldCrls.list()).toStrictEqual([]);
    await site.keep(await site.find(of));
    const [held] = await site.store.heldCrls.list();
    await site.store.heldCrls.remove(held?.identity ?? '');
    expect(numbersOf(await site.find(of))).toStrictEqual([4n]);
  });
});

describe('delta CRLs', () => {
  const delta = makeCrl(ca, { number: 2n, base: 1n });

  it('are fetched from where the certificate says', async () => {
    const complete = await crlServer(makeCrl(ca));
    const changes = await crlServer(delta);
    const of = issue({
      subject: 'CN=fresh',
      issuer: ca,
      extensions: [
        extension('cRLDistributionPoints', [pointAt(complete.url)]),
        extension('freshestCRL', [pointAt(changes.url)]),
      ],
    });
    const site = await keeping();
    const found = await site.find(of);
    expect(numbersOf(found)).toStrictEqual([1n, 2n]);
    await site.keep(found);
    expect(numbersOf(await site.find(of))).toStrictEqual([1n, 2n]);
    expect(changes.requests).toHaveLength(1);
    expect(numbersOf(await (await keeping()).find(of, { useDeltas: false }))).toStrictEqual([1n]);
  });

  it('are fetched from where the complete CRL says, once it is known whose that is', async () => {
    const changes = await crlServer(delta);
    const extensions = [extension('freshestCRL', [pointAt(changes.url)])];
    const complete = await crlServer(makeCrl(ca, { extensions }));
    const of = pointing(pointAt(complete.url));
    const believing = await keeping();
    expect(numbersOf(await believing.find(of))).toStrictEqual([1n, 2n]);
    const doubting = await keeping({ signerOf: async () => undefined });
    const found = await doubting.find(of);
    expect(numbersOf(found)).toStrictEqual([1n]);
    await doubting.keep(found);
    expect(numbersOf(await doubting.find(of))).toStrictEqual([1n, 2n]);
  });
});

describe('CRLs in memory', () => {
  it('give way to others when there is no more room, and are read from the store again', async () => {
    const { url, requests } = await crlServer(makeCrl(ca));
    const site = await keeping({ memoryOctets: 1 });
    const of = pointing(pointAt(url));
    const found = await site.find(of);
    await site.keep(found);
    const again = await site.find(of);
    expect(again.crls[0]).not.toBe(found.crls[0]);
    expect(again.crls.map(octetsOf)).toStrictEqual(found.crls.map(octetsOf));
    expect(requests).toHaveLength(1);
  });

  it('are of the newest that is held, whichever process has put it there', async () => {
    const { url, serve } = await crlServer(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(url));
    await site.keep(await site.find(of));
    serve(makeCrl(ca, { number: 2n }));
    const other = site.again();
    site.places.push({ name: 'c', url });
    await other.refresh();
    expect(numbersOf(await site.find(of))).toStrictEqual([2n]);
  });
});

async function neverFetched(): Promise<never> {
  throw new Error('nobody was to go there');
}
