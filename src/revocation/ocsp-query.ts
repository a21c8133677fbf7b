import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import { OCSPRequest, type TBSRequest } from '../x509/ocsp-request.ts';
import { certIdOf, type CertIdHash } from './ocsp-cert-id.ts';

/** Octets of a nonce: what RFC 9654 section 2.1 asks clients to send. */
export const NONCE_OCTETS = 32;

/** How a request goes out. */
export type OcspHttpRequest =
  | { readonly method: 'GET'; readonly url: string }
  | { readonly method: 'POST'; readonly url: string; readonly body: Uint8Array };

/** A request for the status of one certificate. */
export interface OcspQuery {
  readonly der: Uint8Array;
  readonly http: OcspHttpRequest;
}

/**
 * Longest URL of a GET, and longest request in it: RFC 5019 section 5 counts the whole URL up to 255 octets, RFC 6960
 * appendix A.1 the encoded request below 255. Both have to hold.
 */
const MAX_GET_URL = 255;

/** What a request is about. */
export interface OcspAbout {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly hash: CertIdHash;
}

/**
 * Build what is asked, and signed if it is (RFC 6960 section 4.1.1).
 *
 * @param nonce 32 random octets; none for a request that pre-produced responses can answer
 * @param requestor whose signature follows: section 4.1.2 asks for the name of that one
 * @throws {CertError} INTERNAL for a nonce of another length
 */
export function ocspRequest(
  { certificate, issuer, hash }: OcspAbout,
  nonce?: Uint8Array,
  requestor?: Certificate,
): TBSRequest {
  if (nonce && nonce.length !== NONCE_OCTETS) {
    throw new CertError('INTERNAL', `Cannot send a nonce of ${nonce.length} octets`);
  }
  return {
    version: 0,
    ...(requestor && {
      requestorName: { type: 'directoryName', value: requestor.tbsCertificate.subject },
    }),
    requestList: [{ reqCert: certIdOf(certificate, issuer, hash) }],
    ...(nonce && { requestExtensions: [extension('ocspNonce', nonce)] }),
  };
}

/**
 * Build the request for a certificate, and decide how it is sent: by GET, which caches may answer, when there is no
 * nonce and it is short enough, else by POST.
 *
 * @param url of the responder
 * @param nonce 32 random octets; none for a request that pre-produced responses can answer
 * @throws {CertError} INTERNAL for a nonce of another length
 */
export function ocspQuery(
  { url, ...about }: OcspAbout & { readonly url: string },
  nonce?: Uint8Array,
): OcspQuery {
  return queryOf({ tbsRequest: ocspRequest(about, nonce) }, url);
}

/** Decide how a request is sent, as `ocspQuery` does; one with a signature is too long for a GET. */
export function queryOf(request: OCSPRequest, url: string): OcspQuery {
  const der = toDer(OCSPRequest, request);
  const nonce = request.tbsRequest.requestExtensions;
  const encoded = encodeURIComponent(asBuffer(der).toString('base64'));
  const getUrl = `${url}${url.endsWith('/') ? '' : '/'}${encoded}`;
  const isShort = getUrl.length <= MAX_GET_URL && encoded.length < MAX_GET_URL;
  const http: OcspHttpRequest =
    !nonce && isShort ? { method: 'GET', url: getUrl } : { method: 'POST', url, body: der };
  return { der, http };
}
