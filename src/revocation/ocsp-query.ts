import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import { OCSPRequest } from '../x509/ocsp-request.ts';
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

/**
 * Build the request for a certificate, and decide how it is sent: by GET, which caches may answer, when there is no
 * nonce and it is short enough, else by POST.
 *
 * @param url of the responder
 * @param nonce 32 random octets; none for a request that pre-produced responses can answer
 * @throws {CertError} INTERNAL for a nonce of another length
 */
export function ocspQuery(
  {
    certificate,
    issuer,
    url,
    hash,
  }: {
    readonly certificate: Certificate;
    readonly issuer: Certificate;
    readonly url: string;
    readonly hash: CertIdHash;
  },
  nonce?: Uint8Array,
): OcspQuery {
  if (nonce && nonce.length !== NONCE_OCTETS) {
    throw new CertError('INTERNAL', `Cannot send a nonce of ${nonce.length} octets`);
  }
  const der = toDer(OCSPRequest, {
    tbsRequest: {
      version: 0,
      requestList: [{ reqCert: certIdOf(certificate, issuer, hash) }],
      ...(nonce && { requestExtensions: [extension('ocspNonce', nonce)] }),
    },
  });
  const encoded = encodeURIComponent(asBuffer(der).toString('base64'));
  const getUrl = `${url}${url.endsWith('/') ? '' : '/'}${encoded}`;
  const isShort = getUrl.length <= MAX_GET_URL && encoded.length < MAX_GET_URL;
  const http: OcspHttpRequest =
    !nonce && isShort ? { method: 'GET', url: getUrl } : { method: 'POST', url, body: der };
  return { der, http };
}
