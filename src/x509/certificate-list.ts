import {
  explicit,
  fromDer,
  optional,
  rawOf,
  sequence,
  sequenceOf,
  sourceOf,
  toDer,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { DerReader, type DerLimits, type Tolerance } from '../asn1/der-reader.ts';
import { limited } from '../asn1/limited.ts';
import { oids } from '../asn1/oids.ts';
import { bigInteger, integer, octetBitString, primitive } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { walkEntries } from './crl-entries.ts';
import { CRLReason } from './crl-reason.ts';
import { Extensions } from './extension.ts';
import { Name } from './name.ts';
import { Time } from './time.ts';

/** One element of revokedCertificates, RFC 5280 section 5.1.2.6. */
export interface RevokedCertificate {
  readonly userCertificate: bigint;
  readonly revocationDate: Time;
  readonly crlEntryExtensions?: Extensions;
}

// As long as the serial number of a certificate may be here, and no longer.
const serialNumber = limited(bigInteger, 2 + 64);

// oxfmt-ignore
export const RevokedCertificate: TaggedCodec<RevokedCertificate> = sequence<RevokedCertificate>('revokedCertificates', {
  userCertificate:    serialNumber,
  revocationDate:     Time,
  crlEntryExtensions: optional(Extensions),
});

/** revokedCertificates as a whole, to be written; what is received is walked over by `listRevoked`. */
export const RevokedCertificates: TaggedCodec<readonly RevokedCertificate[]> =
  sequenceOf(RevokedCertificate);

/**
 * TBSCertList, RFC 5280 section 5.1.2. `revokedCertificates` is the whole element and not looked into: a
 * CRL may list a million certificates, of which one matters. See `listRevoked` and `findRevoked`.
 */
export interface TBSCertList {
  /** 1 is v2; absent is v1. */
  readonly version?: number;
  readonly signature: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdate: Time;
  readonly nextUpdate?: Time;
  readonly revokedCertificates?: Uint8Array;
  readonly crlExtensions?: Extensions;
}

const SEQUENCE = 0x30;

const unread: Codec<Uint8Array> = {
  name: 'revokedCertificates',
  starts: (tag) => tag === SEQUENCE,
  decode(reader) {
    const start = reader.position;
    reader.content(SEQUENCE);
    return reader.bytes.subarray(start, reader.position);
  },
  encode: (writer, value) => writer.octets(value),
};

// oxfmt-ignore
export const TBSCertList: TaggedCodec<TBSCertList> = sequence<TBSCertList>('TBSCertList', {
  version:             optional(integer),
  signature:           AlgorithmIdentifier,
  issuer:              Name,
  thisUpdate:          Time,
  nextUpdate:          optional(Time),
  revokedCertificates: optional(unread),
  crlExtensions:       optional(explicit(0, Extensions)),
});

/** CertificateList, RFC 5280 section 5.1. */
export interface CertificateList {
  readonly tbsCertList: TBSCertList;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

// oxfmt-ignore
const StrictCertificateList: TaggedCodec<CertificateList> = sequence<CertificateList>('CertificateList', {
  tbsCertList:        TBSCertList,
  signatureAlgorithm: AlgorithmIdentifier,
  signature:          octetBitString,
});

/**
 * CertificateList: read with the tolerances certificates have, and written back as the octets it came in,
 * since another encoding would not carry its signature.
 */
export const CertificateList: Codec<CertificateList> = {
  name: 'CertificateList',
  starts: (tag) => StrictCertificateList.starts(tag),
  decode: (reader) => tolerantly(reader, () => StrictCertificateList.decode(reader)),
  encode(writer, list) {
    const received = sourceOf(list);
    if (received) writer.octets(received);
    else StrictCertificateList.encode(writer, list);
  },
};

/**
 * What reading a CRL may cost. The largest public ones have some 50 MB; its entries are walked over one by
 * one, so that their number needs no limit of its own.
 */
export const crlLimits: DerLimits = {
  maxOctets: 64 * 1024 * 1024,
  maxDepth: 40,
  maxElements: 100_000,
};

/**
 * Decode one CRL.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeCertificateList(der: Uint8Array): CertificateList {
  return fromDer(CertificateList, der, crlLimits);
}

/** Give the exact octets of a received CRL: what is stored and sent. */
export function certificateListDer(list: CertificateList): Uint8Array {
  return rawOf(list);
}

/**
 * Read the entries of a CRL one after the other. One that is malformed ends the list with an error when
 * it is reached.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function* listRevoked({
  tbsCertList: { revokedCertificates },
}: CertificateList): Generator<RevokedCertificate, void, undefined> {
  if (!revokedCertificates) return;
  const reader = entryReader(revokedCertificates);
  const outer = reader.enter(SEQUENCE);
  while (reader.hasMore()) yield tolerantly(reader, () => RevokedCertificate.decode(reader));
  reader.leave(outer);
}

/**
 * Find the entry of a certificate by its serial number, whatever its issuer, by reading on until it is there: for one
 * question. For more, and for indirect CRLs, whose entries have issuers of their own, there is `indexEntries`.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function findRevoked(
  { tbsCertList: { revokedCertificates } }: CertificateList,
  serial: bigint,
): RevokedCertificate | undefined {
  if (!revokedCertificates) return undefined;
  const wanted = serialOctets(serial);
  let found = -1;
  walkEntries(revokedCertificates, (start, at, end) => {
    if (end - at !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) {
      if (revokedCertificates[at + i] !== wanted[i]) return false;
    }
    found = start;
    return true;
  });
  return found === -1 ? undefined : entryAt(revokedCertificates, found);
}

/** Give the content octets of a serial number, as entries of CRLs are compared by. */
export function serialOctets(serial: bigint): Uint8Array {
  return fromDer(integerContent, toDer(bigInteger, serial));
}

const integerContent = primitive<Uint8Array>('INTEGER', bigInteger.tag, {
  decode: (content) => content,
  encode: (writer, content) => writer.octets(content),
});

/**
 * Decode the entry that begins at an offset of revokedCertificates.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function entryAt(revokedCertificates: Uint8Array, offset: number): RevokedCertificate {
  const reader = entryReader(revokedCertificates);
  reader.position = offset;
  return tolerantly(reader, () => RevokedCertificate.decode(reader));
}

/**
 * Tell why an entry was revoked; `unspecified` where it does not say.
 *
 * @throws {CertError} DER_MALFORMED
 */
export function reasonOf({ crlEntryExtensions }: RevokedCertificate): CRLReason {
  const found = crlEntryExtensions?.find(({ extnID }) => extnID === oids.reasonCode);
  return found ? fromDer(CRLReason, found.extnValue) : 'unspecified';
}

/** Each element of the entries has two octets at the least: the limit on octets limits their number. */
function entryReader(entries: Uint8Array): DerReader {
  const limits = { ...crlLimits, maxElements: crlLimits.maxOctets };
  return new DerReader(entries, 'revokedCertificates', limits);
}

function tolerantly<T>(reader: DerReader, read: () => T): T {
  const outer = reader.tolerated;
  const tolerated: Tolerance[] = [];
  reader.tolerated = tolerated;
  const value = read();
  reader.tolerated = outer;
  return value;
}
