import { describe, expect, it } from 'vitest';
import type { RevokedInfo } from '../../src/x509/ocsp-response.ts';
import { after, response, single } from '../revocation/ocsp-made.ts';
import {
  asking,
  codeIn,
  ocspObjectFor,
  responderAt,
  type Asking,
  type ObjectParts,
  type Responder,
} from './ocsp-asked.ts';

/** What a responder has, and what HTTP is told of it. */
interface Served {
  readonly octets: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

interface Site extends Asking {
  readonly responder: Responder;
  /** Of each request: the version that was told back, and the status. */
  readonly seen: readonly (readonly [string | undefined, number])[];
  serve(next: Served | number): void;
  askIt(parts?: ObjectParts): Promise<string>;
}

const day = 86_400;
const good = response({ singles: [single({ nextUpdate: after(7 * day) })] });
const hourly = { 'cache-control': 'public, max-age=3600', etag: '"1"' };
const revocation: RevokedInfo = { revocationTime: after(3000), revocationReason: 'keyCompromise' };
const revoked = response({
  singles: [
    single({
      certStatus: { type: 'revoked', value: revocation },
      thisUpdate: after(3600),
      nextUpdate: after(8 * day),
    }),
  ],
  data: { producedAt: after(3600) },
});

async function site(first: Served): Promise<Site> {
  let served: Served | number = first;
  const seen: (readonly [string | undefined, number])[] = [];
  const responder = await responderAt((request, out) => {
    const told = request.headers['if-none-match'];
    const status =
      typeof served === 'number' ? served : told && told === served.headers['etag'] ? 304 : 200;
    seen.push([told, status]);
    const { headers = {}, octets } = typeof served === 'number' ? {} : served;
    out.writeHead(status, { 'content-type': 'application/ocsp-response', ...headers });
    out.end(status === 200 ? octets : undefined);
  });
  const made = asking();
  return {
    ...made,
    responder,
    seen,
    serve(next) {
      served = next;
    },
    askIt: async ({ query, ...parts } = {}) =>
      codeIn(await made.ask(ocspObjectFor({ ...parts, query: { url: responder.url, ...query } }))),
  };
}

describe('a result that HTTP says is fresh for some time', () => {
  it('is used for that time, and then asked for anew by its version', async () => {
    const at = await site({ octets: good, headers: hourly });
    await at.askIt();
    await at.clock.advance(3599);
    expect(await at.askIt()).toBe('good');
    expect(at.seen).toHaveLength(1);
    await at.clock.advance(2);
    expect(await at.askIt()).toBe('good');
    expect(at.seen).toStrictEqual([
      [undefined, 200],
      ['"1"', 304],
    ]);
    await at.clock.advance(3000);
    await at.askIt();
    expect(at.seen).toHaveLength(2);
  });

  it('gives way to a revocation that is published in the meantime', async () => {
    const at = await site({ octets: good, headers: hourly });
    await at.askIt();
    at.serve({ octets: revoked, headers: { ...hourly, etag: '"2"' } });
    await at.clock.advance(3601);
    expect(await at.askIt()).toBe('revoked');
  });

  it('is used on while the responder cannot be reached, which costs one query in the time of a failure', async () => {
    const at = await site({ octets: good, headers: hourly });
    await at.askIt();
    at.serve(503);
    await at.clock.advance(3601);
    expect(await at.askIt()).toBe('good');
    expect(await at.askIt()).toBe('good');
    expect(at.seen).toHaveLength(2);
    await at.clock.advance(31);
    expect(await at.askIt()).toBe('good');
    expect(at.seen).toHaveLength(3);
  });

  it('is never used beyond its nextUpdate, whatever HTTP says', async () => {
    const headers = { 'cache-control': `max-age=${30 * day}, stale-if-error=${30 * day}` };
    const at = await site({ octets: good, headers });
    await at.askIt();
    at.serve(503);
    await at.clock.advance(7 * day + 1);
    expect(await at.askIt()).toBe('http-status');
  });

  it('is the answer for a peer that cannot wait for the responder', async () => {
    const at = await site({ octets: good, headers: hourly });
    const object = ocspObjectFor({ query: { url: at.responder.url } });
    await at.ask(object);
    await at.clock.advance(3601);
    const signal = AbortSignal.abort(new Error('gone'));
    expect(codeIn(await at.ask(object, { signal }))).toBe('good');
  });

  it('of which a cache on the way has an older one, stays', async () => {
    const newer = response({
      singles: [single({ thisUpdate: after(30), nextUpdate: after(7 * day) })],
    });
    const at = await site({ octets: newer, headers: hourly });
    await at.askIt();
    at.serve({ octets: good, headers: { ...hourly, etag: '"0"' } });
    await at.clock.advance(3601);
    const object = ocspObjectFor({ query: { url: at.responder.url } });
    expect((await at.ask(object)).verdict).toMatchObject({ thisUpdate: after(30) });
    await at.askIt();
    expect(at.seen).toHaveLength(2);
  });
});

describe('what HTTP says', () => {
  it.each([
    ['that it is fresh for a second', { 'cache-control': 'max-age=1' }, 1],
    ['that it is not to be kept', { 'cache-control': 'no-store' }, 1],
    ['that it is to be asked for each time', { 'cache-control': 'no-cache, max-age=0' }, 1],
    ['nothing', {}, 1],
  ])('has nobody ask within a minute: %s', async (_, headers, requests) => {
    const at = await site({ octets: good, headers });
    await at.askIt();
    await at.clock.advance(59);
    await at.askIt();
    expect(at.seen).toHaveLength(requests);
  });

  it('plays no part for a revocation that is final, nor for an answer by POST', async () => {
    const gone = await site({ octets: revoked, headers: hourly });
    await gone.clock.advance(3600);
    await gone.askIt();
    await gone.clock.advance(7200);
    expect(await gone.askIt()).toBe('revoked');
    expect(gone.seen).toHaveLength(1);
    const posted = await site({ octets: good, headers: hourly });
    const parts: ObjectParts = { rules: { nonce: 'prefer' } };
    await posted.askIt(parts);
    await posted.clock.advance(3601);
    await posted.askIt(parts);
    expect(posted.responder.requests).toMatchObject([{ method: 'POST' }]);
  });

  it('of nothing that was given before, is a refusal', async () => {
    const at = await site({ octets: good, headers: hourly });
    at.serve(304);
    expect(await at.askIt()).toBe('http-status');
  });
});
