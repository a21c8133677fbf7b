import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostPortText } from '../base/host-port.ts';
import { assertResponderPlace, type ResponderPlace } from '../lifecycle/responder-place.ts';
import {
  answerWith,
  answerWithout,
  type AskedBy,
  type NoResponse,
  type ResponderAnswer,
  type Shown,
} from '../ocsp-staple/responder-answer.ts';
import { readQuestion } from '../ocsp-staple/responder-question.ts';
import type { CertID } from '../x509/ocsp-request.ts';
import { crlServing, type CrlServing } from './crl-serving.ts';
import { closeNow, listenAt } from './listening.ts';
import { boundConnections, type ResponderConnections } from './responder-connections.ts';
import type { ServedCrl } from './served-crls.ts';

/** What the responder answers from. */
export interface ResponderSource {
  /**
   * Find the verified response that may be shown for a certificate.
   *
   * @param request as it came, for where a nonce is to come back
   * @param signal aborted when whoever asked has gone
   */
  find(question: ResponderAsks, signal: AbortSignal): Promise<ResponderFound>;
  /** Find a CRL for a charon, see `ServedCrls`; there are none when absent. */
  crl?(place: string): Promise<ServedCrl | undefined>;
  now(): Date;
}

/** What is asked for. */
export interface ResponderAsks {
  readonly certId: CertID;
  readonly hasNonce: boolean;
  readonly request: Uint8Array;
}

/** What there is of it. */
export type ResponderFound =
  | { readonly type: 'shown'; readonly shown: Shown }
  | { readonly type: 'none'; readonly why: NoResponse };

/** A responder at work. */
export interface OcspResponder {
  /** Where it listens, as a URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** A request about one certificate has a hundred octets; with a nonce and a signature with its chain it stays below this. */
const MAX_REQUEST_OCTETS = 16_384;

/** Of a URL, with the headers; what goes by GET has 255 octets (RFC 5019 section 5). */
const MAX_HEAD_OCTETS = 8192;

/** Until all of a request is there. */
const REQUEST_MS = 5000;

/** How often that is looked at; Node does so twice a minute. */
const LOOK_MS = 1000;

/** Without an octet either way: longer than any responder is waited for. */
const SILENT_MS = 60_000;

/**
 * Answer OCSP requests by GET and POST (RFC 6960 appendix A, RFC 5019) from responses that are kept. Nothing is signed
 * here: whoever asks gets what the CA's responder has said, and verifies it. Charons also get CRLs.
 *
 * @throws {CertError} CONFIG_INVALID for an address that is not allowed or not to be had
 */
export async function serveResponses(
  place: ResponderPlace,
  source: ResponderSource,
): Promise<OcspResponder> {
  assertResponderPlace(place);
  const server = createServer(
    {
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      connectionsCheckingInterval: LOOK_MS,
      maxHeaderSize: MAX_HEAD_OCTETS,
    },
    (request, response) =>
      void (crls.isFor(request)
        ? crls.serve(request, response)
        : serve(request, response, source, connections)),
  );
  server.setTimeout(SILENT_MS);
  const connections = boundConnections(server);
  const { crl = async () => undefined } = source;
  const crls: CrlServing = crlServing({ crl, now: () => source.now() }, connections);
  const bound = await listenAt(server, place, {
    doing: 'answer OCSP requests',
    hint: 'Choose another port: staple responder listen ADDRESS:PORT',
  });
  return {
    url: `http://${hostPortText({ host: place.address, port: bound })}/`,
    close: () => closeNow(server),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  source: ResponderSource,
  connections: ResponderConnections,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('whoever asked has gone')));
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'POST') {
    request.resume();
    response.writeHead(405, { allow: 'GET, POST' }).end();
    return;
  }
  let ended: (() => void) | undefined;
  try {
    const der = method === 'GET' ? inPath(request.url ?? '') : await bodyOf(request);
    request.resume();
    const ifNoneMatch = headers['if-none-match'];
    const asked = { method, ...(ifNoneMatch !== undefined && { ifNoneMatch }) } as const;
    ended = connections.begin(request.socket);
    const answer = ended
      ? await answerTo(der, asked, source, gone.signal)
      : answerWithout('tryLater');
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-length': answer.body.length,
      // What is left of a request that is too long is not waited for.
      ...(der === undefined && { connection: 'close' }),
    });
    response.end(answer.body);
  } catch {
    // Whoever asked has gone, or something here does not work: that is no answer about a certificate.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'cache-control': 'no-store' }).end();
  } finally {
    ended?.();
  }
}

async function answerTo(
  der: Uint8Array | undefined,
  asked: AskedBy,
  source: ResponderSource,
  signal: AbortSignal,
): Promise<ResponderAnswer> {
  if (der === undefined) return answerWithout('malformedRequest');
  const question = readQuestion(der);
  if (question.type === 'malformed') return answerWithout('malformedRequest');
  if (question.type === 'not-ours') return answerWithout('unauthorized');
  const { certId, hasNonce } = question;
  const found = await source.find({ certId, hasNonce, request: der }, signal);
  return found.type === 'shown'
    ? answerWith(found.shown, asked, source.now())
    : answerWithout(found.why);
}

/**
 * Read the request in the path of a GET (RFC 6960 appendix A.1): Base64, escaped or, as some clients have it, not, behind
 * one slash or two. Base64 has slashes, too, but no request begins with one.
 */
function inPath(path: string): Uint8Array | undefined {
  try {
    const text = decodeURIComponent(path.replace(/^\/+/, '')).replaceAll(' ', '+');
    const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text);
    return isBase64 ? new Uint8Array(Buffer.from(text, 'base64')) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns undefined when it is too long */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let octets = 0;
  // The connection stays, so that whoever asked hears that it was too long.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(part)) return undefined;
    octets += part.length;
    if (octets > MAX_REQUEST_OCTETS) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
