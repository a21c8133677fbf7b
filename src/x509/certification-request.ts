import {
  fromDer,
  sequence,
  sequenceOf,
  setOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { any, integer, objectIdentifier, octetBitString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { Extensions } from './extension.ts';
import { Name } from './name.ts';
import { SubjectPublicKeyInfo } from './subject-public-key-info.ts';

/** Attribute, RFC 2986 section 4; the values are carried as they stand. */
export interface Attribute {
  readonly type: Oid;
  readonly values: readonly Uint8Array[];
}

// oxfmt-ignore
const Attribute: TaggedCodec<Attribute> = sequence<Attribute>('Attribute', {
  type:   objectIdentifier,
  values: setOf(any),
});

/** CertificationRequestInfo, RFC 2986 section 4.1. */
export interface CertificationRequestInfo {
  readonly version: number;
  readonly subject: Name;
  readonly subjectPKInfo: SubjectPublicKeyInfo;
  readonly attributes: readonly Attribute[];
}

// oxfmt-ignore
export const CertificationRequestInfo: TaggedCodec<CertificationRequestInfo> = sequence<CertificationRequestInfo>('CertificationRequestInfo', {
  version:       integer,
  subject:       Name,
  subjectPKInfo: SubjectPublicKeyInfo,
  attributes:    attributes(),
});

/** CertificationRequest (PKCS#10), RFC 2986 section 4.2. */
export interface CertificationRequest {
  readonly certificationRequestInfo: CertificationRequestInfo;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

// oxfmt-ignore
export const CertificationRequest: TaggedCodec<CertificationRequest> = sequence<CertificationRequest>('CertificationRequest', {
  certificationRequestInfo: CertificationRequestInfo,
  signatureAlgorithm:       AlgorithmIdentifier,
  signature:                octetBitString,
});

/** Find the extensions asked for in the extensionRequest attribute (RFC 2985 section 5.4.2). */
export function requestedExtensions(info: CertificationRequestInfo): Extensions | undefined {
  const attribute = info.attributes.find(({ type }) => type === oids.extensionRequest);
  const [value] = attribute?.values ?? [];
  return value && fromDer(Extensions, value);
}

/** `attributes [0] IMPLICIT SET OF Attribute`, which may be empty and is mandatory all the same. */
function attributes(): Codec<readonly Attribute[]> {
  const sorted = setOf(Attribute).withTag(0xa0);
  const empty = sequenceOf(Attribute, { max: 0 }).withTag(0xa0);
  return {
    ...sorted,
    decode: (reader) =>
      reader.bytes[reader.position + 1] === 0 ? empty.decode(reader) : sorted.decode(reader),
    encode: (writer, value) => (value.length === 0 ? empty : sorted).encode(writer, value),
  };
}
