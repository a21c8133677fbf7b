import { sign } from 'node:crypto';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import type { OcspExpectation, OcspRules, OcspVerdict } from '../../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import {
  BasicOCSPResponse,
  OCSPResponse,
  ResponseData,
  type SingleResponse,
} from '../../src/x509/ocsp-response.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { chainOf, rulesFor } from './ocsp-vectors.ts';

/** The CA of these responses, one of its certificates, and a responder it named. */
export const ca: Issued = issue({ subject: 'CN=CA', isCa: true });
export const leaf: Issued = issue({ subject: 'CN=leaf', issuer: ca });
export const responder: Issued = issue({
  subject: 'CN=responder',
  issuer: ca,
  extensions: [extension('extKeyUsage', [oids.ocspSigning]), extension('ocspNoCheck', null)],
});

/** So many seconds after the day of the tests. */
export function after(seconds: number): Date {
  return new Date(someDay.getTime() + seconds * 1000);
}

/** What a response shall be; everything left out is as it should be. */
export interface ResponseParts {
  readonly signer?: Issued;
  readonly singles?: readonly SingleResponse[];
  readonly data?: Partial<ResponseData>;
  readonly certs?: readonly Certificate[];
}

/** An answer about `leaf`: good for an hour. */
export function single(parts: Partial<SingleResponse> = {}): SingleResponse {
  return {
    certID: certIdOf(leaf.certificate, ca.certificate, 'sha1'),
    certStatus: { type: 'good', value: null },
    thisUpdate: someDay,
    nextUpdate: after(3600),
    ...parts,
  };
}

/** Make a response with our own codecs. */
export function response(parts: ResponseParts = {}): Uint8Array {
  const { signer = responder, singles = [single()], data, certs = [signer.certificate] } = parts;
  const tbsResponseData: ResponseData = {
    version: 0,
    responderID: { type: 'byName', value: signer.subject },
    producedAt: someDay,
    responses: singles,
    ...data,
  };
  const octets = sign('sha256', toDer(ResponseData, tbsResponseData), signer.key.privateKey);
  const basic = toDer(BasicOCSPResponse, {
    tbsResponseData,
    signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
    signature: Uint8Array.from(octets),
    ...(certs.length > 0 && { certs }),
  });
  return toDer(OCSPResponse, {
    responseStatus: 'successful',
    responseBytes: { responseType: oids.ocspBasic, response: basic },
  });
}

/** How a response is looked at. */
export interface Look {
  readonly rules?: Partial<OcspRules>;
  readonly origin?: OcspExpectation['origin'];
  readonly at?: Date;
  readonly certificate?: Certificate;
  readonly issuer?: Certificate;
}

/** Verify a response about `leaf`. */
export function verdictOn(octets: Uint8Array, look: Look = {}): OcspVerdict {
  const { rules, origin = { type: 'query' }, at = after(60) } = look;
  const { certificate = leaf.certificate, issuer = ca.certificate } = look;
  const all = rulesFor(chainOf([ca.certificate]), rules);
  return verifyOcspResponse(octets, { certificate, issuer, origin }, all, at);
}

/** The status, or why there is none. */
export function codeOf(octets: Uint8Array, look: Look = {}): string {
  const verdict = verdictOn(octets, look);
  return verdict.type === 'unavailable' ? verdict.code : verdict.type;
}
