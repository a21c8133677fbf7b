import { sequence, type TaggedCodec } from '../../asn1/codec.ts';
import { bigInteger } from '../../asn1/primitives.ts';
import { GeneralName } from '../../x509/general-name.ts';

/** CertId, RFC 4211 section 6.5: the issuer is a GeneralName, not a Name. */
export interface CertId {
  readonly issuer: GeneralName;
  readonly serialNumber: bigint;
}

// oxfmt-ignore
export const CertId: TaggedCodec<CertId> = sequence<CertId>('CertId', {
  issuer:       GeneralName,
  serialNumber: bigInteger,
});
