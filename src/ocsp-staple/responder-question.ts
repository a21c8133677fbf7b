import { toHex } from '../base/bytes.ts';
import { readable } from '../base/readable.ts';
import { oids } from '../asn1/oids.ts';
import { digest, findDigest } from '../crypto/digest.ts';
import { decodeOcspRequest, type CertID } from '../x509/ocsp-request.ts';

/** What a client wants to know of a responder that keeps responses and signs none. */
export type ResponderQuestion =
  | {
      readonly type: 'about';
      readonly certId: CertID;
      /** It wants its nonce back. */
      readonly hasNonce: boolean;
    }
  /** No request that can be read. */
  | { readonly type: 'malformed' }
  /** One that no response made beforehand is the answer to. */
  | { readonly type: 'not-ours' };

/**
 * Read a request (RFC 6960 section 4.1.1). Of several certificates there is no response made beforehand (RFC 5019 section
 * 2.1.1 has clients ask about one), and a critical extension asks for what is not done here. A signature is not looked
 * at: what is answered is no secret. Whatever the octets are, this does not throw.
 */
export function readQuestion(der: Uint8Array): ResponderQuestion {
  const request = readable(() => decodeOcspRequest(der).tbsRequest);
  const [only, ...others] = request?.requestList ?? [];
  if (only === undefined) return { type: 'malformed' };
  const { requestExtensions = [] } = request ?? {};
  const extensions = [...requestExtensions, ...(only.singleRequestExtensions ?? [])];
  const isAsked = extensions.some(({ critical, extnID }) => critical && extnID !== oids.ocspNonce);
  if (others.length > 0 || isAsked) return { type: 'not-ours' };
  const hasNonce = extensions.some(({ extnID }) => extnID === oids.ocspNonce);
  return { type: 'about', certId: only.reqCert, hasNonce };
}

/**
 * Write a CertID so that the same ones are the same text; undefined for a digest that is not known. Clients look for the
 * CertID they have sent: one by another digest is no answer to them, though it means the same certificate.
 */
export function keyOf(certId: CertID): string | undefined {
  const { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } = certId;
  const hash = findDigest(hashAlgorithm);
  if (hash === undefined) return undefined;
  return `${hash} ${toHex(issuerNameHash)} ${toHex(issuerKeyHash)} ${serialNumber}`;
}

/** Name a response among all that were ever given, for ETag. */
export function tagOf(der: Uint8Array): string {
  return `"${toHex(digest('sha256', der))}"`;
}
