import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import {
  CertificateList,
  certificateListDer,
  decodeCertificateList,
  findRevoked,
  listRevoked,
  reasonOf,
  TBSCertList,
} from '../../src/x509/certificate-list.ts';
import { formatName } from '../../src/x509/name-text.ts';

const vectors = join(import.meta.dirname, '../vectors/openssl-crl');
const empty = new Uint8Array(readFileSync(join(vectors, 'empty.crl')));
const three = new Uint8Array(readFileSync(join(vectors, 'three.crl')));
const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });

/** The same DER with the last occurrence of a piece replaced by one as long. */
function bent(der: Uint8Array, from: string, to: string): Uint8Array {
  const hex = toHex(der);
  const at = hex.lastIndexOf(from);
  if (at === -1) throw new Error(`${from} is not there`);
  return fromHex(hex.slice(0, at) + to + hex.slice(at + from.length));
}

describe('CertificateList', () => {
  it('reads a CRL of OpenSSL with its times and extensions', () => {
    const { tbsCertList, signatureAlgorithm } = decodeCertificateList(three);
    expect(tbsCertList.version).toBe(1);
    expect(formatName(tbsCertList.issuer)).toBe('CN=CRL test CA');
    expect(tbsCertList.thisUpdate.value).toEqual(new Date('2026-11-21T14:16:33Z'));
    expect(tbsCertList.nextUpdate?.value).toEqual(new Date('2036-11-18T14:16:33Z'));
    expect(tbsCertList.crlExtensions?.map(({ extnID }) => extnID)).toEqual([
      oids.authorityKeyIdentifier,
      oids.cRLNumber,
    ]);
    expect(signatureAlgorithm.algorithm).toBe(oids.ecdsaWithSHA256);
  });

  it('lists the entries with their reasons', () => {
    const entries = [...listRevoked(decodeCertificateList(three))];
    expect(entries.map((entry) => [entry.userCertificate, reasonOf(entry)])).toEqual([
      [0x1000n, 'unspecified'],
      [0x1001n, 'keyCompromise'],
      [0x1002n, 'keyCompromise'],
    ]);
  });

  it('finds one certificate, and none that is not there', () => {
    const list = decodeCertificateList(three);
    expect(findRevoked(list, 0x1001n)?.revocationDate.value).toEqual(
      new Date('2026-11-21T14:16:33Z'),
    );
    expect(findRevoked(list, 0x1003n)).toBeUndefined();
    expect(findRevoked(decodeCertificateList(empty), 0x1000n)).toBeUndefined();
  });

  it('keeps its octets, and is the same when written from its fields', () => {
    const list = decodeCertificateList(three);
    expect(toHex(certificateListDer(list))).toBe(toHex(three));
    expect(toHex(toDer(CertificateList, list))).toBe(toHex(three));
    expect(toHex(toDer(CertificateList, structuredClone(list)))).toBe(toHex(three));
  });

  it('walks over more entries than a decoder may have elements', () => {
    const entry = fromHex('301302021000170d3236313132313134313633335a');
    const count = 40_000;
    const length = entry.length * count;
    const header = Uint8Array.of(0x30, 0x83, length >> 16, (length >> 8) & 255, length & 255);
    const revokedCertificates = new Uint8Array(header.length + length);
    revokedCertificates.set(header);
    for (let i = 0; i < count; i++)
      revokedCertificates.set(entry, header.length + i * entry.length);
    const list = decodeCertificateList(empty);
    const large = { ...list, tbsCertList: { ...list.tbsCertList, revokedCertificates } };
    const read = decodeCertificateList(toDer(CertificateList, large));
    expect([...listRevoked(read)]).toHaveLength(count);
  });

  it('tells a damaged entry when it comes to it', () => {
    const list = decodeCertificateList(bent(three, '02021002', '04021002'));
    expect(findRevoked(list, 0x1000n)).toBeDefined();
    expect(() => findRevoked(list, 0x1002n)).toThrow(malformed);
  });

  it('refuses octets behind it and a reason nobody defined', () => {
    expect(() => decodeCertificateList(Uint8Array.of(...three, 0))).toThrow(malformed);
    const list = decodeCertificateList(bent(three, '0a0101', '0a0107'));
    const entry = findRevoked(list, 0x1002n);
    expect(() => entry && reasonOf(entry)).toThrow(malformed);
  });

  it('refuses a list without thisUpdate', () => {
    expect(() => fromDer(TBSCertList, fromHex('3009300506032b65703000'))).toThrow(malformed);
  });
});
