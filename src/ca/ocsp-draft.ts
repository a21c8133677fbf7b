import { toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import {
  BasicOCSPResponse,
  OCSPResponse,
  ResponseData,
  type OCSPResponseStatus,
  type SingleResponse,
} from '../x509/ocsp-response.ts';
import type { Authority } from './authority.ts';

/** A response that is right in all things, before it is signed. */
export interface OcspDraft {
  readonly responses: readonly SingleResponse[];
  readonly producedAt: Date;
  readonly signer: Authority;
  /** Certificates that come along: that of a signer who is not the CA itself. */
  readonly certs: readonly Certificate[];
  /** Of the request, to be sent back (RFC 9654). */
  readonly nonce?: Uint8Array;
  /** `forged` is by the right key over other octets; right when left out. */
  readonly signature?: 'forged';
}

/** Sign and encode a response (RFC 6960 section 4.2.1); times are cut to the second. */
export async function signOcspDraft(draft: OcspDraft): Promise<Uint8Array> {
  const { key, certificate } = draft.signer;
  const signatureAlgorithm = signatureAlgorithmFor(key);
  const tbsResponseData: ResponseData = {
    version: 0,
    responderID: { type: 'byName', value: certificate.tbsCertificate.subject },
    producedAt: draft.producedAt,
    responses: draft.responses,
    ...(draft.nonce && { responseExtensions: [extension('ocspNonce', draft.nonce)] }),
  };
  const signed = toDer(ResponseData, tbsResponseData);
  const signature = await key.sign(
    draft.signature === 'forged' ? signed.subarray(1) : signed,
    signatureAlgorithm,
  );
  const basic = toDer(BasicOCSPResponse, {
    tbsResponseData,
    signatureAlgorithm,
    signature,
    ...(draft.certs.length > 0 && { certs: draft.certs }),
  });
  return toDer(OCSPResponse, {
    responseStatus: 'successful',
    responseBytes: { responseType: oids.ocspBasic, response: basic },
  });
}

/** Encode a response that says why there is none; nobody signs it (RFC 6960 section 2.3). */
export function ocspErrorDer(
  responseStatus: Exclude<OCSPResponseStatus, 'successful'>,
): Uint8Array {
  return toDer(OCSPResponse, { responseStatus });
}
