import { toDer } from '../asn1/codec.ts';
import type { HeldStaple } from '../store/staples-contract.ts';
import { OCSPResponse, type OCSPResponseStatus } from '../x509/ocsp-response.ts';
import { tagOf } from './responder-question.ts';

/** A response that may be shown, as far as an answer needs it. */
export type Shown = Pick<HeldStaple, 'der' | 'thisUpdate' | 'until'>;

/** Why there is no response, by the status a client is told. */
export type NoResponse = Extract<
  OCSPResponseStatus,
  'malformedRequest' | 'internalError' | 'tryLater' | 'unauthorized'
>;

/** An answer by HTTP. */
export interface ResponderAnswer {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** How it was asked. */
export interface AskedBy {
  readonly method: 'GET' | 'POST';
  /** If-None-Match. */
  readonly ifNoneMatch?: string;
}

const contentType = 'application/ocsp-response';

/**
 * Answer with a response that is kept. A cache between us and the client may give it on until we would show it no more
 * ourselves (RFC 5019 section 6.2); what is asked by POST it does not keep anyhow.
 */
export function answerWith(
  shown: Shown,
  { method, ifNoneMatch }: AskedBy,
  now: Date,
): ResponderAnswer {
  const { der, until } = shown;
  const seconds = Math.max(0, Math.floor((until.getTime() - now.getTime()) / 1000));
  const lasting = lastingOf(shown);
  const caching = {
    ...lasting,
    'cache-control': `max-age=${seconds}, public, no-transform, must-revalidate`,
  };
  if (method === 'GET' && namesTag(ifNoneMatch, lasting.etag)) {
    return { status: 304, headers: caching, body: new Uint8Array() };
  }
  return { status: 200, headers: { 'content-type': contentType, ...caching }, body: der };
}

/** Headers that stay the same as long as a response does. */
interface Lasting {
  readonly etag: string;
  readonly 'last-modified': string;
  readonly expires: string;
}

const made = new WeakMap<Shown, Lasting>();

/** Made once: a hash and two dates are more work than all else of an answer. */
function lastingOf(shown: Shown): Lasting {
  const known = made.get(shown);
  if (known) return known;
  const { der, thisUpdate, until } = shown;
  const lasting = {
    etag: tagOf(der),
    'last-modified': thisUpdate.toUTCString(),
    expires: until.toUTCString(),
  };
  made.set(shown, lasting);
  return lasting;
}

/** Say that there is none, and why: that is not signed, and no cache is to keep it (RFC 5019 section 6.2). */
export function answerWithout(why: NoResponse): ResponderAnswer {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store' };
  return { status: 200, headers, body: toDer(OCSPResponse, { responseStatus: why }) };
}

function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
}
