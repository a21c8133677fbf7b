import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { decodeSummary } from '../../src/x509/certificate-summary.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { formatName } from '../../src/x509/name-text.ts';

const folder = new URL('../vectors/openssl-cmp-3.0/', import.meta.url);

function derOf(file: string): Uint8Array {
  return decodePem(readFileSync(new URL(file, folder), 'utf8'))[0]?.der ?? new Uint8Array();
}

describe('decodeSummary()', () => {
  it.each(['ca.crt', 'client.crt', 'client-rsa.crt', 'ee.crt', 'ee-rsa.crt'])(
    'says of %s what decodeCertificate() says',
    (file) => {
      const der = derOf(file);
      const { subject, validity } = decodeCertificate(der).tbsCertificate;
      const summary = decodeSummary(der);
      expect(formatName(summary.subject)).toBe(formatName(subject));
      expect(summary.notBefore).toEqual(validity.notBefore.value);
      expect(summary.notAfter).toEqual(validity.notAfter.value);
    },
  );

  it('refuses what ends before the subject does, or is no certificate', () => {
    const der = derOf('ee.crt');
    for (let length = 0; length < 100; length++) {
      expect(() => decodeSummary(der.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'DER_MALFORMED' }),
      );
    }
    expect(() => decodeSummary(Uint8Array.of(0x30, 0))).toThrow('Certificate');
  });
});
