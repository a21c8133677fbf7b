import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asBuffer, fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, rawOf, sourceOf, toDer } from '../../src/asn1/codec.ts';
import type { Tolerance } from '../../src/asn1/der-reader.ts';
import { oids } from '../../src/asn1/oids.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import {
  Certificate,
  certificateDer,
  decodeCertificate,
  TBSCertificate,
  toleratedIn,
} from '../../src/x509/certificate.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { formatName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { Time, timeOf } from '../../src/x509/time.ts';
import { issue } from '../harness/certificates.ts';

const vectors = join(import.meta.dirname, '../vectors/openssl-cmp-3.0');

function read(file: string): Uint8Array {
  const [block] = decodePem(readFileSync(join(vectors, file), 'latin1'));
  if (!block) throw new Error('decodePem() gives one block at the least');
  return block.der;
}

/** The same DER with a piece of it replaced, all lengths around it still right. */
function bent(der: Uint8Array, from: string, to: string): Uint8Array {
  const hex = toHex(der);
  if (hex.split(from).length !== 2) throw new Error(`${from} is not there once`);
  return fromHex(hex.replace(from, to));
}

const files = readdirSync(vectors).filter((file) => file.endsWith('.crt'));

describe.each(files)('the certificate %s of OpenSSL', (file) => {
  const der = read(file);
  const certificate = decodeCertificate(der);
  const { tbsCertificate } = certificate;
  const node = new X509Certificate(der);

  it('says to us what it says to node:crypto', () => {
    expect(tbsCertificate.serialNumber).toBe(BigInt(`0x${node.serialNumber}`));
    expect(tbsCertificate.validity.notBefore.value).toEqual(node.validFromDate);
    expect(tbsCertificate.validity.notAfter.value).toEqual(node.validToDate);
    expect(formatName(tbsCertificate.subject).split(',').toReversed().join('\n')).toBe(
      node.subject,
    );
    expect(formatName(tbsCertificate.issuer).split(',').toReversed().join('\n')).toBe(node.issuer);
    expect(certificate.signatureAlgorithm.algorithm).toBe(node.signatureAlgorithmOid);
    expect(extensionValue(tbsCertificate.extensions, 'basicConstraints')?.cA ?? false).toBe(
      node.ca,
    );
    const spki = toDer(SubjectPublicKeyInfo, tbsCertificate.subjectPublicKeyInfo);
    expect(toHex(spki)).toBe(toHex(node.publicKey.export({ type: 'spki', format: 'der' })));
    expect(toleratedIn(certificate)).toEqual([]);
  });

  it('is written again octet for octet from its fields alone', () => {
    const copy = structuredClone(certificate);
    expect(sourceOf(copy)).toBeUndefined();
    expect(toHex(toDer(Certificate, copy))).toBe(toHex(der));
    expect(toHex(certificateDer(certificate))).toBe(toHex(der));
  });

  it('gives the octets its signature is over', () => {
    const raw = rawOf(tbsCertificate);
    expect(toHex(raw)).toBe(toHex(toDer(TBSCertificate, structuredClone(tbsCertificate))));
    expect(asBuffer(der).includes(asBuffer(raw))).toBe(true);
  });

  it('is refused with a typed error or read, whichever bit is flipped', () => {
    for (let bit = 0; bit < der.length * 8; bit++) {
      const flipped = Uint8Array.from(der);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const code = refusal(flipped);
      expect([undefined, 'DER_MALFORMED', 'LIMIT_EXCEEDED'], `bit ${bit}`).toContain(code);
    }
  });
});

function refusal(der: Uint8Array): unknown {
  try {
    decodeCertificate(der);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

describe('certificates of real CAs', () => {
  const unknown = { extnID: '2.999.1', critical: true, extnValue: fromHex('0500') };
  const criticalTrue = '06038837010101ff';
  const plain = issue({ subject: 'CN=a.b', extensions: [unknown] });
  const der = certificateDer(plain.certificate);

  /** Encodes what our own codecs do not: changed fields in the bare structure. */
  function made(change: Partial<TBSCertificate>): Uint8Array {
    const { tbsCertificate, signatureAlgorithm, signature } = plain.certificate;
    return toDer(Certificate, {
      tbsCertificate: { ...tbsCertificate, ...change },
      signatureAlgorithm,
      signature,
    });
  }

  const printable = made({
    subject: {
      rdns: [[{ type: oids.commonName, value: { type: 'printableString', value: 'a.b' } }]],
    },
  });

  it.each<[string, Tolerance, Uint8Array]>([
    ['critical FALSE', 'DEFAULT encoded', bent(der, criticalTrue, '0603883701010100')],
    ['a negative serial', 'serialNumber out of range', made({ serialNumber: -5n })],
    ['a serial of 21 octets', 'serialNumber out of range', made({ serialNumber: 1n << 159n })],
    [
      '@ in a PrintableString',
      'PrintableString character',
      bent(printable, '1303612e62', '1303614062'),
    ],
    [
      '* in a PrintableString',
      'PrintableString character',
      bent(printable, '1303612e62', '13032a2e62'),
    ],
    [
      'cA FALSE in basicConstraints',
      'DEFAULT encoded',
      made({
        extensions: [
          { extnID: oids.basicConstraints, critical: true, extnValue: fromHex('3003010100') },
        ],
      }),
    ],
    [
      'zero bits at the end of keyUsage',
      'named bits not trimmed',
      made({
        extensions: [{ extnID: oids.keyUsage, critical: true, extnValue: fromHex('03020080') }],
      }),
    ],
  ])('may have %s, which is reported', (_, tolerance, octets) => {
    const certificate = decodeCertificate(octets);
    expect(toleratedIn(certificate)).toEqual([tolerance]);
    expect(toHex(toDer(Certificate, certificate))).toBe(toHex(octets));
  });

  it.each<[string, Uint8Array]>([
    ['critical 01', bent(der, criticalTrue, '0603883701010101')],
    ['a quotation mark in a PrintableString', bent(printable, '1303612e62', '1303612262')],
    ['an empty list of extensions', made({ extensions: [] })],
    ['octets after it', Uint8Array.of(...der, 0)],
  ])('may not have %s', (_, octets) => {
    expect(() => decodeCertificate(octets)).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });

  it('may have a serial of 64 octets, and no longer one', () => {
    const longest = 1n << (64n * 8n - 2n);
    expect(decodeCertificate(made({ serialNumber: longest })).tbsCertificate.serialNumber).toBe(
      longest,
    );
    expect(() => decodeCertificate(made({ serialNumber: longest << 1n }))).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });

  it.each<[string, Uint8Array]>([
    ['critical FALSE', bent(der, criticalTrue, '0603883701010100')],
    ['a negative serial', made({ serialNumber: -5n })],
    ['@ in a PrintableString', bent(printable, '1303612e62', '1303614062')],
  ])('are tolerated with %s only as certificates, not as the structure inside', (_, octets) => {
    const inside = rawOf(decodeCertificate(octets).tbsCertificate);
    expect(() => fromDer(TBSCertificate, inside)).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });

  it('are never taken for what they were after a change', () => {
    const changed = { ...plain.certificate, signature: Uint8Array.of(1) };
    expect(toHex(toDer(Certificate, changed))).not.toBe(toHex(der));
    expect(() => certificateDer(changed)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

describe('Time', () => {
  it.each([
    ['1949-12-31T23:59:59Z', 'generalTime'],
    ['1950-01-01T00:00:00Z', 'utcTime'],
    ['2049-12-31T23:59:59Z', 'utcTime'],
    ['2050-01-01T00:00:00Z', 'generalTime'],
  ])('of %s is %s', (iso, type) => {
    const time = timeOf(new Date(iso));
    expect(time.type).toBe(type);
    expect(fromDer(Time, toDer(Time, time)).value).toEqual(new Date(iso));
  });
});
