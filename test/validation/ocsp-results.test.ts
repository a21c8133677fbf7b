import { describe, expect, it } from 'vitest';
import type { OcspAnswer } from '../../src/validation/contract.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { CertStatus, SingleResponse } from '../../src/x509/ocsp-response.ts';
import { after, ca, leaf, response, single } from '../revocation/ocsp-made.ts';
import {
  answerWith,
  asking,
  codeIn,
  naming,
  ocspObjectFor,
  responderAt,
  type ObjectParts,
} from './ocsp-asked.ts';

const revoked: CertStatus = {
  type: 'revoked',
  value: { revocationTime: after(-60), revocationReason: 'keyCompromise' },
};

/** A responder that says what a test has last said, or that it is broken. */
async function responder(parts: ObjectParts = {}) {
  let answer: Partial<SingleResponse> | number = {};
  const { url, requests } = await responderAt((_request, out) => {
    if (typeof answer === 'number') out.writeHead(answer).end();
    else answerWith(out, response({ singles: [single(answer)] }));
  });
  return {
    object: ocspObjectFor({ ...parts, query: { url, ...parts.query } }),
    asked: () => requests.length,
    say(next: Partial<SingleResponse> | number) {
      answer = next;
    },
  };
}

function from({ tried }: OcspAnswer): string {
  const source = tried.at(-1)?.source;
  return source?.type === 'ocsp' ? source.from : (source?.type ?? 'nowhere');
}

describe('a result', () => {
  it('is used again until its nextUpdate, and then asked for anew', async () => {
    const { object, asked, say } = await responder();
    const { ask, clock, events } = asking();
    expect(from(await ask(object))).toBe('network');
    expect(from(await ask(object))).toBe('cache');
    await clock.advance(3600 - 60);
    expect(from(await ask(object))).toBe('cache');
    expect(asked()).toBe(1);
    say({ thisUpdate: after(3600), nextUpdate: after(7200) });
    await clock.advance(1);
    expect(from(await ask(object))).toBe('network');
    expect(from(await ask(object))).toBe('cache');
    expect(events.filter(({ type }) => type === 'ocsp-cache')).toStrictEqual(
      Array.from({ length: 3 }, () => ({ type: 'ocsp-cache', hit: 'result' })),
    );
  });

  it('that expired is forgotten when it is looked for', async () => {
    const { object, say } = await responder({ cache: { cacheErrorTimeoutSeconds: 0 } });
    const { ask, clock, client } = asking();
    await ask(object);
    expect(client.results.count).toBe(1);
    say(500);
    await clock.advance(3601);
    expect(codeIn(await ask(object))).toBe('http-status');
    // The failure alone is left.
    expect(client.results.count).toBe(1);
  });

  it.each([
    ['cache-timeout', { cacheTimeoutSeconds: 10 }],
    ['the greatest age', { cachingThisUpdateMaxAgeSeconds: 70 }],
    ['the time before nextUpdate', { cachingNextUpdateAheadSeconds: 3600 + 60 - 71 }],
  ] as const)('is used no longer than %s says', async (_what, cache) => {
    const { object, asked } = await responder({ cache });
    const { ask, clock } = asking();
    await ask(object);
    await clock.advance(10);
    await ask(object);
    expect(asked()).toBe(1);
    await clock.advance(1);
    await ask(object);
    expect(asked()).toBe(2);
  });

  it('is neither kept nor looked for where caching is off', async () => {
    const { object, asked } = await responder();
    const { ask, client } = asking();
    await ask(object);
    const off = { ...object, cache: { ...object.cache, caching: false } };
    expect(from(await ask(off))).toBe('network');
    await ask(off);
    expect(asked()).toBe(3);
    expect(client.results.count).toBe(1);
  });

  it('is shared by objects that believe the same, and by no others', async () => {
    const { object, asked } = await responder();
    const { ask } = asking();
    await ask(object);
    expect(from(await ask({ ...object, name: 'other' }))).toBe('cache');
    expect(from(await ask({ ...object, policyHash: 'lax' }))).toBe('network');
    expect(asked()).toBe(2);
  });

  it('is kept for as long as the object that asks would keep it', async () => {
    const { object, asked } = await responder();
    const { ask, clock } = asking();
    await ask(object);
    await clock.advance(100);
    const brief = { ...object, cache: { ...object.cache, cacheTimeoutSeconds: 99 } };
    await ask(brief);
    expect(asked()).toBe(2);
  });

  it('is of one certificate of one issuer', async () => {
    const { object } = await responder();
    const { ask } = asking();
    await ask(object);
    const other = naming('http://127.0.0.1:9/');
    expect(from(await ask(object, { certificate: other.certificate }))).toBe('network');
    expect(from(await ask(object, { issuer: other.certificate }))).toBe('network');
  });

  it('gives way to others when there is no more room, the one unused for longest first', async () => {
    const { object } = await responder();
    const { ask, client } = asking({ cacheOctets: 6000 });
    await ask(object);
    const one = client.results.octets;
    expect(one).toBeGreaterThan(1200);
    for (const hash of ['a', 'b', 'c']) {
      await ask({ ...object, policyHash: hash });
      await ask(object);
      expect(client.results.octets).toBeLessThanOrEqual(6000);
    }
    expect(client.results.count).toBe(Math.floor(6000 / one));
    expect(from(await ask({ ...object, policyHash: 'a' }))).toBe('network');
    expect(from(await ask(object))).toBe('cache');
  });

  it('that is larger than all the room there is, is not kept', async () => {
    const { object } = await responder();
    const { ask, client } = asking({ cacheOctets: 1000 });
    expect(codeIn(await ask(object))).toBe('good');
    expect(client.results).toMatchObject({ count: 0, octets: 0 });
  });
});

describe('a failure', () => {
  it('costs one query in the time it is remembered for', async () => {
    const { object, asked, say } = await responder();
    const { ask, clock, events } = asking();
    say(500);
    expect(from(await ask(object))).toBe('network');
    expect(from(await ask(object))).toBe('error-cache');
    expect(events.at(-1)).toStrictEqual({ type: 'ocsp-cache', hit: 'error' });
    await clock.advance(30);
    expect(codeIn(await ask(object))).toBe('http-status');
    expect(asked()).toBe(1);
    say({});
    await clock.advance(1);
    expect(codeIn(await ask(object))).toBe('good');
  });

  it('is of the way of one object only', async () => {
    const { object, say, asked } = await responder();
    const { ask } = asking();
    say(500);
    await ask(object);
    await ask({ ...object, name: 'other' });
    expect(asked()).toBe(2);
  });

  it('never takes the place of a word that may be used', async () => {
    const { object, say } = await responder();
    const { ask } = asking();
    await ask(object);
    say(500);
    const off = { ...object, cache: { ...object.cache, caching: false } };
    expect(codeIn(await ask(off))).toBe('http-status');
    const impatient = { ...object, name: 'x', cache: { ...object.cache, cacheTimeoutSeconds: 0 } };
    await ask(impatient);
    expect(codeIn(await ask(object))).toBe('good');
  });

  it('is not remembered when the nonce was another: the next one may be right', async () => {
    const responseExtensions = [extension('ocspNonce', new Uint8Array(32))];
    const { url, requests } = await responderAt((_request, out) =>
      answerWith(out, response({ data: { responseExtensions } })),
    );
    const object = ocspObjectFor({ rules: { nonce: 'prefer' }, query: { url } });
    const { ask } = asking();
    expect(codeIn(await ask(object))).toBe('nonce-mismatch');
    await ask(object);
    expect(requests).toHaveLength(2);
  });
});

/** Staple a response about `leaf`. */
function staple(object = ocspObjectFor({}), octets = response()) {
  const site = asking();
  const answer = site.client.staple(octets, leaf.certificate, ca.certificate, object);
  return { ...site, answer, object };
}

describe('a stapled response', () => {
  it('passes the same checks, and spares the query', async () => {
    const { answer, ask, object } = staple();
    expect(answer).toMatchObject({
      verdict: { type: 'good' },
      tried: [{ source: { type: 'staple' } }],
    });
    expect(from(await ask(object))).toBe('cache');
  });

  it('that is not believed is neither an answer nor kept', () => {
    for (const octets of [new Uint8Array(), response({ signer: leaf }), new Uint8Array(70_000)]) {
      const { answer, client } = staple(ocspObjectFor({}), octets);
      expect(answer.verdict.type).toBe('unavailable');
      expect(client.results.count).toBe(0);
    }
  });

  it('does not count where a nonce is required', () => {
    const { answer, client } = staple(ocspObjectFor({ rules: { nonce: 'require' } }));
    expect(codeIn(answer)).toBe('nonce-missing');
    expect(client.results.count).toBe(0);
  });

  it('that does not know the certificate keeps nobody from asking', async () => {
    const { object } = await responder();
    const { ask, client } = asking();
    const octets = response({
      singles: [single({ certStatus: { type: 'unknown', value: null } })],
    });
    const answer = client.staple(octets, leaf.certificate, ca.certificate, object);
    expect(codeIn(answer)).toBe('unknown');
    const asked = await ask(object);
    expect([from(asked), codeIn(asked)]).toEqual(['network', 'good']);
  });

  it('from before a revocation that is known does not undo it', async () => {
    const { object, say } = await responder();
    const { ask, client } = asking({ at: after(120) });
    say({ certStatus: revoked, thisUpdate: after(60) });
    expect(codeIn(await ask(object))).toBe('revoked');
    const answer = client.staple(response(), leaf.certificate, ca.certificate, object);
    expect(answer.verdict.type).toBe('revoked');
    expect(answer.tried).toMatchObject([
      { source: { type: 'staple' }, verdict: { type: 'good' } },
      { source: { from: 'cache' }, verdict: { type: 'revoked' } },
    ]);
    expect(codeIn(await ask(object))).toBe('revoked');
  });

  it('that is newer takes the place of what is known', async () => {
    const { object } = await responder();
    const { ask, client } = asking({ at: after(120) });
    await ask(object);
    const newer = response({ singles: [single({ certStatus: revoked, thisUpdate: after(60) })] });
    expect(codeIn(client.staple(newer, leaf.certificate, ca.certificate, object))).toBe('revoked');
    expect(codeIn(await ask(object))).toBe('revoked');
  });
});
