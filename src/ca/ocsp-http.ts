import { asBuffer } from '../base/bytes.ts';

/** What brings an OCSP request: HTTP, or whoever plays it without a socket (RFC 6960 appendix A.1). */
export interface OcspHttpRequest {
  readonly method: string;
  /** Whole, or from the path on. */
  readonly url: string;
  /** As the header says; what has no headers need not say it. */
  readonly contentType?: string;
  /** The header If-None-Match (RFC 9110 section 13.1.2). */
  readonly ifNoneMatch?: string;
  readonly body?: Uint8Array;
}

/** What the responder does with the connection. */
export type OcspHttpAnswer =
  | {
      readonly type: 'answer';
      readonly status: number;
      /** By lower-case name. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** How long it lets wait for the first octet; at once when absent. */
      readonly afterMs?: number;
      /** How long after each octet of the body; all together when absent. */
      readonly octetMs?: number;
    }
  /** The connection is reset. */
  | { readonly type: 'reset' }
  /** It stays open, and nothing comes. */
  | { readonly type: 'silence' };

/** Where the responder is on the lab's HTTP port. */
export const ocspPath = '/ocsp';

/** Longest request: some hundred certificates; clients ask about one. */
export const MAX_OCSP_REQUEST_OCTETS: number = 1 << 16;

const RESPONSE = 'application/ocsp-response';

/** Answer with the DER of a response. */
export function ocspAnswer(
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): OcspHttpAnswer & { readonly type: 'answer' } {
  return { type: 'answer', status: 200, headers: { 'content-type': RESPONSE, ...headers }, body };
}

/** Answer with a line of text. */
export function textAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): OcspHttpAnswer & { readonly type: 'answer' } {
  const body = Uint8Array.from(Buffer.from(`${text}\n`));
  return {
    type: 'answer',
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body,
  };
}

/** Give a URL from its path on: whoever asks a proxy sends all of it. */
export function pathIn(url: string): string {
  const [, path = '/'] = /^(?:https?:\/\/[^/?#]*)?([^#]*)/i.exec(url) ?? [];
  return path;
}

/** Tell whether a path is the responder's. */
export function isOcspPath(path: string): boolean {
  return path === ocspPath || path.startsWith(`${ocspPath}/`) || path.startsWith(`${ocspPath}?`);
}

/**
 * Take the octets of a request out of HTTP. GET has them in the path, in base64, as they are or with `+`, `/` and `=`
 * written as %2B, %2F and %3D (RFC 6960 appendix A.1, RFC 5019 section 5).
 *
 * @returns the answer to what is no OCSP request
 */
export function ocspRequestIn(request: OcspHttpRequest): Uint8Array | OcspHttpAnswer {
  const { method, url, contentType, body = new Uint8Array() } = request;
  const path = pathIn(url);
  if (!isOcspPath(path)) return textAnswer(404, `There is no responder at ${path.slice(0, 80)}`);
  if (method === 'GET') return inPath(path);
  if (method !== 'POST') {
    return textAnswer(405, 'OCSP requests come by GET and POST', { allow: 'GET, POST' });
  }
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== undefined && type !== 'application/ocsp-request') {
    return textAnswer(415, 'Content-Type is to be application/ocsp-request');
  }
  return body.length > MAX_OCSP_REQUEST_OCTETS ? tooLong : body;
}

const tooLong: OcspHttpAnswer = textAnswer(
  413,
  `The request is longer than ${MAX_OCSP_REQUEST_OCTETS} octets`,
);

/** The base64 of a SEQUENCE begins with M: what is in front are slashes of a URL that ends in one. */
function inPath(path: string): Uint8Array | OcspHttpAnswer {
  if (path.length > 2 * MAX_OCSP_REQUEST_OCTETS) return tooLong;
  const text = unescaped(path.slice(ocspPath.length).replace(/^\/+/, ''));
  if (text === undefined || !/^[A-Za-z\d+/]+={0,2}$/.test(text)) {
    return textAnswer(400, 'The path is to end in a request in base64');
  }
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Compare an entity tag with the header If-None-Match. */
export function isNamedIn(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** Write an HTTP date (RFC 9110 section 5.6.7). */
export function httpDate(at: Date): string {
  return at.toUTCString();
}

/** Write octets as an entity tag. */
export function entityTag(octets: Uint8Array): string {
  return `"${asBuffer(octets).toString('hex')}"`;
}
