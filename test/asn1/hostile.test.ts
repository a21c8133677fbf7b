import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { fromDer, sequenceOf, setOf, type Codec } from '../../src/asn1/codec.ts';
import {
  any,
  bigInteger,
  bitString,
  integer,
  objectIdentifier,
  octetString,
} from '../../src/asn1/primitives.ts';
import { printableString, utf8String } from '../../src/asn1/strings.ts';
import { generalizedTime } from '../../src/asn1/times.ts';
import { PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { PKIFailureInfo } from '../../src/cmp/message/pki-status-info.ts';
import { Certificate } from '../../src/x509/certificate.ts';
import { CertificationRequest } from '../../src/x509/certification-request.ts';
import { KeyUsage } from '../../src/x509/extension-values.ts';
import { Extensions } from '../../src/x509/extension.ts';
import { GeneralNames } from '../../src/x509/general-name.ts';
import { Name, nameKey, sameName } from '../../src/x509/name.ts';
import { formatName } from '../../src/x509/name-text.ts';

const MEBI = 1024 * 1024;

/** Tag and length of an element. */
function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const hex = length.toString(16);
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Uint8Array.of(tag, 0x80 | octets.length, ...octets);
}

function element(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([header(tag, content.length), content]);
}

/** The same octets again and again, a mebibyte of them. */
function repeated(hex: string): Uint8Array {
  const once = Buffer.from(hex, 'hex');
  return Buffer.alloc(MEBI - (MEBI % once.length), once);
}

/** A mebibyte of elements within each other. */
function nested(tag: number): Uint8Array {
  const headers: Uint8Array[] = [];
  let length = 0;
  while (length < MEBI) {
    const next = header(tag, length);
    headers.push(next);
    length += next.length;
  }
  return Buffer.concat(headers.toReversed());
}

/** A codec for each way of reading, the whole message and a certificate first. */
const codecs: readonly Codec<unknown>[] = [
  PKIMessage,
  Certificate,
  CertificationRequest,
  Name,
  GeneralNames,
  Extensions,
  KeyUsage,
  PKIFailureInfo,
  any,
  sequenceOf(any),
  sequenceOf(sequenceOf(integer)),
  setOf(any),
  setOf(objectIdentifier),
  bigInteger,
  integer,
  bitString,
  objectIdentifier,
  octetString,
  utf8String,
  printableString,
  generalizedTime,
];

const bits = Buffer.concat([Uint8Array.of(0), repeated('ff')]);

/** What a peer may send to keep us busy, by what it is; first what is too deep or too much for any codec. */
const inputs: readonly (readonly [string, Uint8Array])[] = [
  ['SEQUENCEs nested a quarter of a million deep', nested(0x30)],
  ['SETs nested as deep', nested(0x31)],
  ['explicit tags nested as deep', nested(0xa0)],
  ['nested indefinite lengths', repeated('3080')],
  ['half a million empty SEQUENCEs in a SEQUENCE', element(0x30, repeated('3000'))],
  ['half a million empty SEQUENCEs in a SET', element(0x31, repeated('3000'))],
  ['half a million NULLs in a SEQUENCE', element(0x30, repeated('0500'))],
  ['half a million empty names', element(0x30, repeated('8200'))],
  ['a quarter of a million RDNs without content', element(0x30, repeated('31023000'))],
  ['one RDN of as many attributes', element(0x30, element(0x31, repeated('300706035504030500')))],
  ['extensions without end', element(0x30, repeated('30070603551d0f0400'))],
  ['OIDs in a SET, sorted', element(0x31, repeated('0603550403'))],
  ['an OID of one arc', element(0x06, Buffer.concat([repeated('ff'), Uint8Array.of(0)]))],
  ['an OID of a million arcs', element(0x06, repeated('01'))],
  ['an OID in a SET', element(0x31, element(0x06, repeated('01')))],
  ['an INTEGER', element(0x02, repeated('7f'))],
  ['a negative INTEGER', element(0x02, repeated('80'))],
  ['a BIT STRING, every bit set', element(0x03, bits)],
  ['a BIT STRING of zeros', element(0x03, repeated('00'))],
  ['a text of UTF-8', element(0x0c, repeated('c3a4'))],
  ['a text of broken UTF-8', element(0x0c, repeated('c3'))],
  ['a PrintableString of what it may not have', element(0x13, repeated('21'))],
  ['a time', element(0x18, repeated('30'))],
  ['an OCTET STRING', element(0x04, repeated('00'))],
  ['zeros', repeated('00')],
  ['ones', repeated('ff')],
];

/** How many of the inputs are that. */
const NESTED_OR_NUMEROUS = inputs.findIndex(([what]) => what === 'an OID of one arc');

/** A Name of one commonName with this value. */
function nameOf(value: Uint8Array): Uint8Array {
  const commonName = Buffer.from('0603550403', 'hex');
  return element(0x30, element(0x31, element(0x30, Buffer.concat([commonName, value]))));
}

/** The begin of a certificate with this serial number. */
function certificateWith(serialNumber: Uint8Array): Uint8Array {
  return element(0x30, element(0x30, serialNumber));
}
/** How decoding ends: "read", or the code of the refusal. */
function ending(codec: Codec<unknown>, der: Uint8Array): string {
  try {
    fromDer(codec, der);
    return 'read';
  } catch (error) {
    if (error instanceof CertError) return error.code;
    throw error;
  }
}

/** Run, and tell whether it was done in a second, which is a hundred times what it should take. */
function isQuick(run: () => void): boolean {
  const start = performance.now();
  run();
  return performance.now() - start < 1000;
}

describe('a mebibyte made to be slow is read, or refused with a code, in no time:', () => {
  it.each(inputs)('%s', (_, der) => {
    for (const codec of codecs) {
      let how = '';
      expect(
        isQuick(() => (how = ending(codec, der))),
        codec.name,
      ).toBe(true);
      expect(['read', 'DER_MALFORMED', 'LIMIT_EXCEEDED'], codec.name).toContain(how);
    }
  });

  it('what is nested or numerous is refused by every codec', () => {
    for (const [what, der] of inputs.slice(0, NESTED_OR_NUMEROUS)) {
      for (const codec of codecs)
        expect(ending(codec, der), `${codec.name}: ${what}`).not.toBe('read');
    }
  });

  it('an INTEGER, an OID and a set of named bits of that length are refused by their own codecs', () => {
    const long = element(0x02, repeated('7f'));
    expect(ending(bigInteger, long)).toBe('DER_MALFORMED');
    expect(() => fromDer(Certificate, certificateWith(long))).toThrow('longer than 4096 octets');
    expect(ending(objectIdentifier, element(0x06, repeated('01')))).toBe('DER_MALFORMED');
    expect(ending(PKIFailureInfo, element(0x03, bits))).toBe('DER_MALFORMED');
    expect(ending(KeyUsage, element(0x03, bits))).toBe('DER_MALFORMED');
  });
});

describe('a name', () => {
  it.each<[string, number, string]>([
    ['one text', 0x0c, 'c39f'],
    ['marks in no order', 0x0c, 'cc81cca7'],
    ['spaces', 0x0c, '20'],
    ['control characters', 0x0c, '01'],
    ['an unknown type', 0x04, '00'],
  ])('of %s is refused by the mebibyte, and as long as it may be costs no time', (_, tag, hex) => {
    expect(ending(Name, nameOf(element(tag, repeated(hex))))).toBe('LIMIT_EXCEEDED');
    const longest = nameOf(element(tag, repeated(hex).subarray(0, 4000)));
    const work = (): void => {
      const name = fromDer(Name, longest);
      expect(sameName(name, structuredClone(name))).toBe(true);
      expect(nameKey(name)).not.toBe('');
      expect(formatName(name)).not.toBe('');
    };
    expect(isQuick(work)).toBe(true);
  });
});
