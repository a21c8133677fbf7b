import {
  defaulted,
  explicit,
  fromDer,
  implicit,
  optional,
  rawOf,
  sequence,
  sourceOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import type { Tolerance } from '../asn1/der-reader.ts';
import { limited } from '../asn1/limited.ts';
import {
  bigInteger,
  bitString,
  integer,
  octetBitString,
  type BitString,
} from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { toleratedInValues } from './extension-values.ts';
import { Extensions } from './extension.ts';
import { Name } from './name.ts';
import { SubjectPublicKeyInfo } from './subject-public-key-info.ts';
import { Time } from './time.ts';

/** Validity, RFC 5280 section 4.1.2.5. */
export interface Validity {
  readonly notBefore: Time;
  readonly notAfter: Time;
}

// oxfmt-ignore
const Validity: TaggedCodec<Validity> = sequence<Validity>('Validity', {
  notBefore: Time,
  notAfter:  Time,
});

/** Tag, length and 64 octets: three times what RFC 5280 allows, and what is handled gracefully ends somewhere. */
const MAX_SERIAL_NUMBER_OCTETS = 2 + 64;

const limitedInteger = limited(bigInteger, MAX_SERIAL_NUMBER_OCTETS);

/** CertificateSerialNumber; values RFC 5280 forbids and old CAs issued are tolerated. */
const CertificateSerialNumber: Codec<bigint> = {
  ...bigInteger,
  decode(reader) {
    const value = limitedInteger.decode(reader);
    if (value < 0n || value >= 1n << 159n) {
      reader.tolerate('serialNumber out of range', 'serialNumber is negative or over 20 octets');
    }
    return value;
  },
};

/** TBSCertificate, RFC 5280 section 4.1.2. */
export interface TBSCertificate {
  /** 0 is v1, 2 is v3. */
  readonly version: number;
  readonly serialNumber: bigint;
  readonly signature: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly validity: Validity;
  readonly subject: Name;
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  readonly issuerUniqueID?: BitString;
  readonly subjectUniqueID?: BitString;
  readonly extensions?: Extensions;
}

// oxfmt-ignore
export const TBSCertificate: TaggedCodec<TBSCertificate> = sequence<TBSCertificate>('TBSCertificate', {
  version:              defaultedExplicitVersion(),
  serialNumber:         CertificateSerialNumber,
  signature:            AlgorithmIdentifier,
  issuer:               Name,
  validity:             Validity,
  subject:              Name,
  subjectPublicKeyInfo: SubjectPublicKeyInfo,
  issuerUniqueID:       optional(implicit(1, bitString)),
  subjectUniqueID:      optional(implicit(2, bitString)),
  extensions:           optional(explicit(3, Extensions)),
});

function defaultedExplicitVersion() {
  return defaulted(explicit(0, integer), 0);
}

/** Certificate, RFC 5280 section 4.1. */
export interface Certificate {
  readonly tbsCertificate: TBSCertificate;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

// oxfmt-ignore
const StrictCertificate: TaggedCodec<Certificate> = sequence<Certificate>('Certificate', {
  tbsCertificate:     TBSCertificate,
  signatureAlgorithm: AlgorithmIdentifier,
  signature:          octetBitString,
});

const toleratedBy = new WeakMap<Certificate, readonly Tolerance[]>();

/**
 * Certificate: read with the tolerances of `der-reader.ts`, and written back as the octets it came in,
 * since another encoding would not carry its signature.
 */
export const Certificate: Codec<Certificate> = {
  name: 'Certificate',
  starts: (tag) => StrictCertificate.starts(tag),
  decode(reader) {
    const outer = reader.tolerated;
    const tolerated: Tolerance[] = [];
    reader.tolerated = tolerated;
    const certificate = StrictCertificate.decode(reader);
    reader.tolerated = outer;
    if (tolerated.length > 0) toleratedBy.set(certificate, tolerated);
    return certificate;
  },
  encode(writer, certificate) {
    const received = sourceOf(certificate);
    if (received) writer.octets(received);
    else StrictCertificate.encode(writer, certificate);
  },
};

/** List the departures from DER that are tolerated in a certificate, its extensions' values included. */
export function toleratedIn(certificate: Certificate): readonly Tolerance[] {
  const inValues = toleratedInValues(certificate.tbsCertificate.extensions ?? []);
  return [...new Set([...(toleratedBy.get(certificate) ?? []), ...inValues])];
}

/**
 * Decode one certificate.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeCertificate(der: Uint8Array): Certificate {
  return fromDer(Certificate, der);
}

/** Give the exact octets of a received certificate: what is stored, hashed and sent. */
export function certificateDer(certificate: Certificate): Uint8Array {
  return rawOf(certificate);
}
