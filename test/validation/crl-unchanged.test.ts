import { describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import type { ValidationEvent } from '../../src/validation/contract.ts';
import { newestCrl } from '../../src/validation/crl-file.ts';
import { someDay } from '../harness/certificates.ts';
import { hours, makeCrl } from '../revocation/crl-made.ts';
import { ca, crlServer, keeping, numbersOf, pointAt, pointing } from './crl-kept.ts';
import { responderAt, type Responder } from './ocsp-asked.ts';

interface VersionedServer extends Responder {
  serve(next: Uint8Array, etag: string): void;
  /** Octets that were sent, one for each request. */
  readonly sent: readonly number[];
}

/** A server of one file that answers a version that is told back to it with 304. */
async function versioned(first: Uint8Array): Promise<VersionedServer> {
  let served = { octets: first, etag: '"1"' };
  const sent: number[] = [];
  const server = await responderAt((request, out) => {
    const isHeld = request.headers['if-none-match'] === served.etag;
    sent.push(isHeld ? 0 : served.octets.length);
    out.writeHead(isHeld ? 304 : 200, { etag: served.etag });
    out.end(isHeld ? undefined : served.octets);
  });
  return {
    ...server,
    sent,
    serve(octets, etag) {
      served = { octets, etag };
    },
  };
}

function fetchesIn(events: readonly ValidationEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'crl-fetch' ? [event.outcome] : []));
}

const day = 24 * 3600;

describe('a configured CRL that is as it was', () => {
  it('is not loaded again, and is by its server’s word as if it had been', async () => {
    const first = makeCrl(ca);
    const server = await versioned(first);
    const site = await keeping();
    site.places.push({ name: 'a', url: server.url, refreshSeconds: 3600 });
    await site.refresh();
    await site.clock.advance(3700);
    await site.refresh();
    expect(server.sent).toStrictEqual([first.length, 0]);
    expect(fetchesIn(site.events)).toStrictEqual(['fetched', 'unchanged']);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({
      failures: 0,
      fetchedAt: site.clock.now(),
      etag: '"1"',
      form: 'der',
    });
    expect(numbersOf(await site.find())).toStrictEqual([1n]);
  });

  it('is not loaded again by the next process either', async () => {
    const server = await versioned(makeCrl(ca));
    const site = await keeping();
    site.places.push({ name: 'a', url: server.url, refreshSeconds: 3600 });
    await site.refresh();
    await site.clock.advance(3700);
    await site.again().refresh();
    expect(server.sent[1]).toBe(0);
  });

  it('gives way to the next one, which is loaded', async () => {
    const server = await versioned(makeCrl(ca));
    const site = await keeping();
    site.places.push({ name: 'a', url: server.url, refreshSeconds: 3600 });
    await site.refresh();
    server.serve(makeCrl(ca, { number: 2n }), '"2"');
    await site.clock.advance(3700);
    await site.refresh();
    expect(numbersOf(await site.find())).toStrictEqual([2n]);
    expect(await site.store.crlSources.get(server.url)).toMatchObject({ etag: '"2"' });
  });

  it('is loaded in full when it is not held any more', async () => {
    const server = await versioned(makeCrl(ca));
    const site = await keeping();
    site.places.push({ name: 'a', url: server.url, refreshSeconds: 3600 });
    await site.refresh();
    const [held] = await site.store.heldCrls.list();
    await site.store.heldCrls.remove(held?.identity ?? '');
    await site.clock.advance(3700);
    const later = site.again();
    await later.refresh();
    expect(server.sent[1]).toBeGreaterThan(0);
    expect(numbersOf(await later.find())).toStrictEqual([1n]);
  });
});

describe('a CRL that a certificate names', () => {
  it('and that has ended is asked for by its version, and not taken for a new one', async () => {
    const server = await versioned(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(server.url));
    await site.keep(await site.find(of));
    await site.clock.advance(2 * day);
    const found = await site.find(of);
    expect(server.sent).toMatchObject([expect.any(Number), 0]);
    expect(numbersOf(found)).toStrictEqual([1n]);
  });

  it('that nobody has verified is loaded in full each time', async () => {
    const server = await versioned(makeCrl(ca));
    const site = await keeping();
    const of = pointing(pointAt(server.url));
    await site.find(of);
    await site.clock.advance(61);
    await site.find(of);
    expect(server.sent[1]).toBeGreaterThan(0);
  });
});

describe('the form of a configured CRL', () => {
  it('is what its octets are, which is kept, and told once where something else was said', async () => {
    const pem = utf8(encodePem('X509 CRL', makeCrl(ca)));
    const server = await crlServer(pem);
    const site = await keeping();
    site.places.push({ name: 'a', url: server.url, refreshSeconds: 3600, format: 'der' });
    for (let i = 0; i < 2; i++) {
      await site.refresh();
      await site.clock.advance(3700);
    }
    expect(await site.store.crlSources.get(server.url)).toMatchObject({ form: 'pem' });
    const told = site.events.filter(({ type }) => type === 'crl-form');
    expect(told).toStrictEqual([{ type: 'crl-form', url: server.url, form: 'pem' }]);
  });

  it('is not told of where it is as was said, or nobody said', async () => {
    const server = await crlServer(makeCrl(ca));
    const site = await keeping();
    site.places.push({ name: 'a', url: server.url, format: 'der' });
    site.places.push({ name: 'b', url: `${server.url}?b` });
    await site.refresh();
    expect(site.events.some(({ type }) => type === 'crl-form')).toBe(false);
  });
});

function numbered(number: bigint, from: number, to: number): Uint8Array {
  return makeCrl(ca, { number, thisUpdate: hours(from), nextUpdate: hours(to) });
}

describe('of several CRLs at one place', () => {
  const older = numbered(1n, -20, 20);
  const newer = numbered(2n, -10, 20);
  const ended = numbered(3n, -5, -1);
  const future = numbered(4n, 5, 30);

  it.each([
    ['the newest that is in time', [older, newer, ended, future], newer],
    ['one that has ended or is of the future, if there is no other', [ended, future], future],
    ['one that can be read', [utf8('nothing'), older], older],
    ['none, if none can be read', [utf8('nothing'), utf8('at all')], undefined],
  ])('%s is chosen', (_, all, wanted) => {
    expect(newestCrl(all, someDay)).toBe(wanted);
  });

  it('the choice is made by whatever fetches it', async () => {
    const site = await keeping({
      async fetchConfigured(url, { choose, ...options }) {
        expect(choose?.([older, newer])).toBe(newer);
        return await retrieve(url, options);
      },
    });
    const server = await crlServer(older);
    site.places.push({ name: 'a', url: server.url });
    await site.refresh();
    expect(numbersOf(await site.find())).toStrictEqual([1n]);
  });
});
