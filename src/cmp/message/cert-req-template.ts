import { fromDer, optional, sequence, toDer, type TaggedCodec } from '../../asn1/codec.ts';
import { oids } from '../../asn1/oids.ts';
import { integer } from '../../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { Controls, type CrmfAttribute } from './cert-req-msg.ts';
import { CertTemplate } from './cert-template.ts';

/**
 * CertReqTemplateContent, RFC 9810 section 5.3.19.16: what the CA wants a request to look like. The
 * template has no publicKey; which keys are taken is said by `keySpec`, one control each.
 */
export interface CertReqTemplateContent {
  readonly certTemplate: CertTemplate;
  readonly keySpec?: readonly CrmfAttribute[];
}

// oxfmt-ignore
export const CertReqTemplateContent: TaggedCodec<CertReqTemplateContent> = sequence<CertReqTemplateContent>('CertReqTemplateContent', {
  certTemplate: CertTemplate,
  keySpec:      optional(Controls),
});

/**
 * One kind of key a CA takes, by the name of its control. Another control is no key kind and is left to
 * whoever knows it.
 */
export type KeySpec =
  | { readonly type: 'algId'; readonly value: AlgorithmIdentifier }
  /** Bits of the modulus; at least 1. */
  | { readonly type: 'rsaKeyLen'; readonly value: number }
  | { readonly type: 'other'; readonly value: CrmfAttribute };

/**
 * Read one control of `keySpec`.
 *
 * @throws {CertError} DER_MALFORMED
 */
export function decodeKeySpec(control: CrmfAttribute): KeySpec {
  switch (control.type) {
    case oids.algId:
      return { type: 'algId', value: fromDer(AlgorithmIdentifier, control.value) };
    case oids.rsaKeyLen:
      return { type: 'rsaKeyLen', value: fromDer(RsaKeyLenCtrl, control.value) };
    default:
      return { type: 'other', value: control };
  }
}

/** Make the control of a kind of key. */
export function encodeKeySpec(spec: KeySpec): CrmfAttribute {
  switch (spec.type) {
    case 'algId':
      return { type: oids.algId, value: toDer(AlgorithmIdentifier, spec.value) };
    case 'rsaKeyLen':
      return { type: oids.rsaKeyLen, value: toDer(RsaKeyLenCtrl, spec.value) };
    case 'other':
      return spec.value;
  }
}

/** RsaKeyLenCtrl ::= INTEGER (1..MAX) */
const RsaKeyLenCtrl: typeof integer = {
  ...integer,
  name: 'RsaKeyLenCtrl',
  decode(reader) {
    const bits = integer.decode(reader);
    return bits >= 1 ? bits : reader.fail(`RsaKeyLenCtrl ${bits} is less than 1`);
  },
};
