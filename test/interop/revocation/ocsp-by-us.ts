import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toDer } from '../../../src/asn1/codec.ts';
import { oids, type Oid } from '../../../src/asn1/oids.ts';
import { certIdOf } from '../../../src/revocation/ocsp-cert-id.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import type { Extension } from '../../../src/x509/extension.ts';
import {
  BasicOCSPResponse,
  OCSPResponse,
  ResponseData,
  type SingleResponse,
} from '../../../src/x509/ocsp-response.ts';
import type { Workshop } from './pki.ts';

/** The names of those that are made here. */
export type OwnResponse =
  | 'two-revoked'
  | 'two-revoked-ended'
  | 'two-newest-good'
  | 'two-newest-unknown'
  | 'never-issued'
  | 'critical-single'
  | 'critical-response'
  | 'other-type';

/** What openssl has no word for: several answers that differ, and extensions. Signed by the responder of the CA. */
export function ownResponses(shop: Workshop): Readonly<Record<OwnResponse, Uint8Array>> {
  const key = createPrivateKey(readFileSync(shop.path('ocsp.key')));
  const signer = shop.certificate('ocsp');
  const about = certIdOf(shop.certificate('peer'), shop.certificate('sub'), 'sha1');
  const single = (parts: Partial<SingleResponse> = {}): SingleResponse => ({
    certID: about,
    certStatus: { type: 'good', value: null },
    thisUpdate: hours(-2),
    nextUpdate: hours(10),
    ...parts,
  });
  const response = (
    responses: readonly SingleResponse[],
    data: Partial<ResponseData> = {},
    responseType: Oid = oids.ocspBasic,
  ): Uint8Array => {
    const tbsResponseData: ResponseData = {
      version: 0,
      responderID: { type: 'byName', value: signer.tbsCertificate.subject },
      producedAt: hours(-1),
      responses,
      ...data,
    };
    const basic = toDer(BasicOCSPResponse, {
      tbsResponseData,
      signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
      signature: Uint8Array.from(sign('sha256', toDer(ResponseData, tbsResponseData), key)),
      certs: [signer],
    });
    return toDer(OCSPResponse, {
      responseStatus: 'successful',
      responseBytes: { responseType, response: basic },
    });
  };
  const revoked = {
    type: 'revoked',
    value: { revocationTime: hours(-20), revocationReason: 'keyCompromise' },
  } as const;
  const unknown = { type: 'unknown', value: null } as const;
  const older = { thisUpdate: hours(-5) };
  const critical: Extension = {
    extnID: '1.2.3.4',
    critical: true,
    extnValue: Uint8Array.of(5, 0),
  };
  return {
    'two-revoked': response([single({ certStatus: revoked, ...older }), single()]),
    'two-revoked-ended': response([
      single({ certStatus: revoked, thisUpdate: hours(-9), nextUpdate: hours(-7) }),
      single(),
    ]),
    'two-newest-good': response([single({ certStatus: unknown, ...older }), single()]),
    'two-newest-unknown': response([single(older), single({ certStatus: unknown })]),
    'never-issued': response(
      [
        single({
          certStatus: {
            type: 'revoked',
            value: { revocationTime: new Date(0), revocationReason: 'certificateHold' },
          },
        }),
      ],
      {
        responseExtensions: [
          { extnID: oids.ocspExtendedRevoke, critical: false, extnValue: Uint8Array.of(5, 0) },
        ],
      },
    ),
    'critical-single': response([single({ singleExtensions: [critical] })]),
    'critical-response': response([single()], { responseExtensions: [critical] }),
    'other-type': response([single()], {}, oids.ocspNonce),
  };
}

/** So many hours from now, in whole seconds. */
function hours(count: number): Date {
  const time = Date.now() + count * 3_600_000;
  return new Date(time - (time % 1000));
}
