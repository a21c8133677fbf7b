import type { IncomingMessage, ServerResponse } from 'node:http';
import { deltaCrlPath, issuerPath } from './access-points.ts';
import { bodyOf } from './request-body.ts';
import { crlIssuers, type CrlIssuer, type CrlSeries } from './ledger-records.ts';
import { isOcspPath, MAX_OCSP_REQUEST_OCTETS, pathIn, type OcspHttpAnswer } from './ocsp-http.ts';
import type { LabResponder } from './ocsp-responder.ts';

/** What others read to judge certificates of a lab. */
export interface StatusServed {
  /** Give the CRL for `GET /issuing.crl`, `GET /root.crl` and `GET /delta.crl` (RFC 5280 section 4.2.1.13). */
  readonly crl: (series: CrlSeries) => Promise<Uint8Array>;
  readonly hasDelta: boolean;
  /** Give the certificate of a CA for `GET /issuing.crt` and `GET /root.crt` (RFC 5280 section 4.2.2.1). */
  readonly certificate: (issuer: CrlIssuer) => Promise<Uint8Array>;
  readonly responder: LabResponder;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How many requests came, as JSON: for what runs beside the lab. */
const countPath = '/ocsp-requests';

/**
 * Answer what is about the status of certificates.
 *
 * @returns false for what is not; nothing was done then
 */
export async function serveStatus(
  request: IncomingMessage,
  response: ServerResponse,
  served: StatusServed,
): Promise<boolean> {
  const url = request.url ?? '/';
  const path = pathIn(url);
  if (isOcspPath(path)) {
    await serveOcsp(request, response, served);
    return true;
  }
  if (request.method !== 'GET') return false;
  const file = await fileAt(path, served);
  if (!file) return false;
  const { type, body } = file;
  response.writeHead(200, { 'content-type': type, 'content-length': body.length });
  response.end(body);
  return true;
}

async function fileAt(
  path: string,
  { crl, hasDelta, certificate, responder }: StatusServed,
): Promise<{ readonly type: string; readonly body: Uint8Array } | undefined> {
  if (path === countPath) {
    const body = Buffer.from(`${JSON.stringify(responder.requests())}\n`);
    return { type: 'application/json', body };
  }
  const issuer = crlIssuers.find((one) => path.startsWith(`/${one}.`));
  if (path === '/crl' || (issuer && path === `/${issuer}.crl`)) {
    return { type: 'application/pkix-crl', body: await crl(issuer ?? 'issuing') };
  }
  if (hasDelta && path === deltaCrlPath) {
    return { type: 'application/pkix-crl', body: await crl('delta') };
  }
  if (path === issuerPath || (issuer && path === `/${issuer}.crt`)) {
    return { type: 'application/pkix-cert', body: await certificate(issuer ?? 'issuing') };
  }
  return undefined;
}

async function serveOcsp(
  request: IncomingMessage,
  response: ServerResponse,
  { responder, sleep }: StatusServed,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  // One octet more than is allowed tells the responder that it is too long.
  const body =
    (await bodyOf(request, MAX_OCSP_REQUEST_OCTETS)) ?? new Uint8Array(MAX_OCSP_REQUEST_OCTETS + 1);
  const contentType = headers['content-type'] ?? (method === 'POST' ? '' : undefined);
  const ifNoneMatch = headers['if-none-match'];
  const answer = await responder.answer({
    method,
    url,
    body,
    ...(contentType !== undefined && { contentType }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
  });
  await write(answer, response, sleep);
}

async function write(
  answer: OcspHttpAnswer,
  response: ServerResponse,
  sleep: StatusServed['sleep'],
): Promise<void> {
  if (answer.type === 'silence') return;
  if (answer.type === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body, afterMs = 0, octetMs = 0 } = answer;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    if (afterMs > 0) await sleep(afterMs, gone.signal);
    const length = status === 304 ? {} : { 'content-length': body.length };
    response.writeHead(status, { ...headers, ...length });
    const dripped = octetMs > 0 ? body : new Uint8Array();
    for (const octet of dripped) {
      response.write(Uint8Array.of(octet));
      await sleep(octetMs, gone.signal);
    }
    response.end(body.subarray(dripped.length));
  } catch (error) {
    // Whoever asked did not wait.
    if (!gone.signal.aborted) throw error;
  }
}
