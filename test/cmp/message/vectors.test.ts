import * as asn1js from 'asn1js';
import { describe, expect, it } from 'vitest';
import { asBuffer, toHex } from '../../../src/base/bytes.ts';
import { CertError } from '../../../src/base/errors.ts';
import { sourceOf, toDer } from '../../../src/asn1/codec.ts';
import { decodeMessage, PKIMessage, type BodyType } from '../../../src/cmp/message/pki-message.ts';
import type { PKIHeader } from '../../../src/cmp/message/pki-header.ts';
import { vectorDer, vectorNames } from '../vectors.ts';

/**
 * The fields of the messages that are open ANY: the ASN.1 leaves them to whatever stands beside them,
 * and they are kept as octets. Every other octet of a message is written anew from decoded values.
 */
const openFields = [
  'parameters', // AlgorithmIdentifier
  'controls.value', // AttributeTypeAndValue of CRMF
  'generalInfo.infoValue', // InfoTypeAndValue
];

/** Contents of OCTET STRINGs and BIT STRINGs. */
const octetFields = [
  'protection',
  'signature',
  'subjectPublicKey',
  'extnValue',
  'senderKID',
  'transactionID',
  'senderNonce',
  'recipNonce',
  'certHash',
];

interface Leaf {
  readonly path: string;
  readonly octets: Uint8Array;
}

/** Every Uint8Array in a decoded value, by field names without the numbers of list elements. */
function octetLeaves(value: unknown, path = ''): Leaf[] {
  if (value instanceof Uint8Array) return [{ path, octets: value }];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => octetLeaves(item, path));
  return Object.entries(value).flatMap(([key, item]) => octetLeaves(item, `${path}.${key}`));
}

/** Every object in a decoded value. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Uint8Array || value instanceof Date) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

describe.each(vectorNames)('%s of OpenSSL 3.0', (name) => {
  const der = vectorDer(name);

  it('encodes from its decoded values as the octets it came in [H14]', () => {
    const message = decodeMessage(der);
    expect(objectsIn(message).filter((object) => sourceOf(object)).length).toBeGreaterThan(10);
    // Drops the source each value remembers, so that nothing can be copied from it.
    const values = structuredClone(message);
    expect(objectsIn(values).filter((object) => sourceOf(object))).toEqual([]);
    expect(toHex(toDer(PKIMessage, values))).toBe(toHex(der));
  });

  it('keeps no octets undecoded but strings and the open fields listed here', () => {
    const leaves = octetLeaves(decodeMessage(der));
    const listed = [...openFields, ...octetFields];
    const others = leaves.filter(({ path }) => !listed.some((field) => path.endsWith(`.${field}`)));
    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it('has the structure and header that asn1js reads', () => {
    const { header, body, protection, extraCerts } = decodeMessage(der);
    const peer = readPeer(der);
    expect(peer.bodyTag).toBe(bodyTags.indexOf(body.type));
    expect(peer.protection).toBe(protection && toHex(protection));
    expect(peer.extraCerts).toEqual(
      extraCerts?.map((certificate) => toHex(sourceOf(certificate) ?? new Uint8Array())),
    );
    expect(peer.header).toEqual(plainHeader(header));
  });

  it('is refused with a typed error wherever it is cut off [R16]', () => {
    for (let length = 0; length < der.length; length++) {
      expect(outcome(der.subarray(0, length)), `${length} octets`).toBe('DER_MALFORMED');
    }
  });

  it('is refused with a typed error when octets follow it [R16]', () => {
    expect(outcome(Uint8Array.of(...der, 0))).toBe('DER_MALFORMED');
    expect(outcome(Uint8Array.of(...der, ...der))).toBe('DER_MALFORMED');
  });

  it('decodes or is refused with a typed error when any bit of its first 200 octets is flipped', () => {
    const bent = Uint8Array.from(der);
    const outcomes = new Map<string, number>();
    for (let bit = 0; bit < Math.min(200, der.length) * 8; bit++) {
      const octet = bit >> 3;
      const mask = 0x80 >> (bit & 7);
      bent[octet] = (bent[octet] ?? 0) ^ mask;
      const what = outcome(bent);
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      bent[octet] = (bent[octet] ?? 0) ^ mask;
    }
    expect([...outcomes.keys()].toSorted()).toEqual(['DER_MALFORMED', 'decoded']);
  });
});

describe('the vectors', () => {
  it('are 58 messages, with nearly every body an end entity meets', () => {
    expect(vectorNames).toHaveLength(58);
    const types = new Set(vectorNames.map((name) => decodeMessage(vectorDer(name)).body.type));
    expect([...types].toSorted()).toEqual(
      [
        'certConf',
        'cp',
        'cr',
        'error',
        'genm',
        'genp',
        'ip',
        'ir',
        'kup',
        'kur',
        'p10cr',
        'pkiconf',
        'pollRep',
        'pollReq',
        'rp',
        'rr',
      ].toSorted(),
    );
  });

  it('use every open field listed, each with a whole element in it', () => {
    const leaves = vectorNames.flatMap((name) => octetLeaves(decodeMessage(vectorDer(name))));
    for (const field of openFields) {
      const found = leaves.filter(({ path }) => path.endsWith(`.${field}`));
      expect(found.length, field).toBeGreaterThan(0);
      for (const { octets } of found) {
        expect(asn1js.fromBER(Uint8Array.from(octets)).offset, field).toBe(octets.length);
      }
    }
  });
});

/** What decoding comes to. An exception that is not a refusal of ours is thrown on. */
function outcome(der: Uint8Array): string {
  try {
    const message = decodeMessage(der);
    // What we take is DER: there is no second way to write it.
    if (!asBuffer(toDer(PKIMessage, message)).equals(der)) return 'decoded, and encodes otherwise';
    return 'decoded';
  } catch (error) {
    if (error instanceof CertError) return error.code;
    throw error;
  }
}

/** PKIBody's choices in the order of their tags, RFC 9810 section 5.1.2. */
const bodyTags: readonly BodyType[] = [
  ...(['ir', 'ip', 'cr', 'cp', 'p10cr', 'popdecc', 'popdecr', 'kur', 'kup', 'krr'] as const),
  ...(['krp', 'rr', 'rp', 'ccr', 'ccp', 'ckuann', 'cann', 'rann', 'crlann', 'pkiconf'] as const),
  ...(['nested', 'genm', 'genp', 'error', 'certConf', 'pollReq', 'pollRep'] as const),
];

interface PlainHeader {
  readonly pvno: number;
  readonly sender: string;
  readonly recipient: string;
  /** By the number of their tags. */
  readonly optional: Readonly<Record<number, string | readonly string[]>>;
}

interface PeerMessage {
  readonly header: PlainHeader;
  readonly bodyTag: number;
  readonly protection: string | undefined;
  readonly extraCerts: readonly string[] | undefined;
}

/** Read header, body tag and the rest with asn1js alone. */
function readPeer(der: Uint8Array): PeerMessage {
  const { offset, result } = asn1js.fromBER(Uint8Array.from(der));
  expect(offset).toBe(der.length);
  const [header, body, ...rest] = children(result);
  const [pvno, sender, recipient, ...fields] = children(header);
  if (!(pvno instanceof asn1js.Integer)) throw new Error('asn1js reads no pvno');
  const optional = Object.fromEntries(fields.map((field) => [tagOf(field), plainField(field)]));
  const protection = children(rest.find((part) => tagOf(part) === 0))[0];
  const extraCerts = children(rest.find((part) => tagOf(part) === 1))[0];
  return {
    header: {
      pvno: Number(pvno.toBigInt()),
      sender: berHex(sender),
      recipient: berHex(recipient),
      optional,
    },
    bodyTag: tagOf(body),
    protection:
      protection instanceof asn1js.BitString
        ? toHex(protection.valueBlock.valueHexView)
        : undefined,
    extraCerts: extraCerts && children(extraCerts).map(berHex),
  };
}

function plainField(field: asn1js.BaseBlock): string | readonly string[] {
  const [inner] = children(field);
  switch (tagOf(field)) {
    case 0:
      return inner instanceof asn1js.GeneralizedTime ? inner.toDate().toISOString() : 'no time';
    case 1: {
      const [oid] = children(inner);
      return oid instanceof asn1js.ObjectIdentifier ? oid.getValue() : 'no OID';
    }
    case 7:
      return children(inner).map((text) =>
        text instanceof asn1js.Utf8String ? text.getValue() : 'no text',
      );
    case 8:
      return children(inner).map((item) => {
        const [oid] = children(item);
        return oid instanceof asn1js.ObjectIdentifier ? oid.getValue() : 'no OID';
      });
    default:
      return inner instanceof asn1js.OctetString
        ? toHex(new Uint8Array(inner.getValue()))
        : 'no OCTET STRING';
  }
}

/** What our decoder made of the header, in the same terms. */
function plainHeader(header: PKIHeader): PlainHeader {
  const { protectionAlg, generalInfo, freeText, messageTime } = header;
  const octets = [
    header.senderKID,
    header.recipKID,
    header.transactionID,
    header.senderNonce,
    header.recipNonce,
  ];
  return {
    pvno: header.pvno,
    sender: toHex(sourceOf(header.sender) ?? new Uint8Array()),
    recipient: toHex(sourceOf(header.recipient) ?? new Uint8Array()),
    optional: {
      ...(messageTime && { 0: messageTime.toISOString() }),
      ...(protectionAlg && { 1: protectionAlg.algorithm }),
      ...Object.fromEntries(
        octets.flatMap((value, i) => (value ? [[i + 2, toHex(value)] as const] : [])),
      ),
      ...(freeText && { 7: freeText }),
      ...(generalInfo && { 8: generalInfo.map(({ infoType }) => infoType) }),
    },
  };
}

function children(block: asn1js.BaseBlock | undefined): readonly asn1js.BaseBlock[] {
  return block instanceof asn1js.Constructed ? block.valueBlock.value : [];
}

function tagOf(block: asn1js.BaseBlock | undefined): number {
  return block?.idBlock.tagNumber ?? -1;
}

function berHex(block: asn1js.BaseBlock | undefined): string {
  return block ? toHex(new Uint8Array(block.toBER())) : '';
}
