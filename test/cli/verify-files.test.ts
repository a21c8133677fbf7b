import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { someDay } from '../harness/certificates.ts';
import { root } from '../harness/paths.ts';
import { makeBench } from './run-cli.ts';

const some = Uint8Array.of(0x30, 0);

async function verified(octets: Uint8Array | string) {
  const bench = makeBench(someDay);
  const ca = join(bench.directory, 'root.der');
  writeFileSync(ca, certificateDer(root.certificate));
  await bench.run(['cert', 'import', 'cert-name', 'rootA', 'file', ca, 'ca']);
  const file = join(bench.directory, 'peer');
  writeFileSync(file, octets);
  return { file, ...(await bench.run(['verify', file, 'ca', 'rootA'])) };
}

describe('verify takes a file without a certificate for the wrong one, and judges nobody by it', () => {
  it.each([
    ['PRIVATE KEY', 'Give the certificate of the peer'],
    ['CERTIFICATE REQUEST', 'Give the certificate of the peer'],
    ['PKCS7', 'openssl pkcs7 -in'],
  ])('%s', async (label, hint) => {
    const { code, err } = await verified(encodePem(label, some));
    expect(code).toBe(3);
    expect(err).toContain(`it has "${label}"`);
    expect(err).toContain(hint);
  });

  it('a private key in DER', async () => {
    const { code, err } = await verified(Uint8Array.of(0x30, 6, 2, 1, 0, 0x30, 1, 0));
    expect(code).toBe(3);
    expect(err).toContain('it is a private key');
  });

  it('PKCS#12', async () => {
    const { code, err, file } = await verified(Uint8Array.of(0x30, 0x81, 0x80, 2, 1, 3, 0x30, 0));
    expect(code).toBe(3);
    expect(err).toContain('it is PKCS#12');
    expect(err).toContain(`openssl pkcs12 -in ${file} -nokeys`);
  });

  it('and judges what is meant to be a certificate, however bad', async () => {
    const { code, out } = await verified(encodePem('CERTIFICATE', some));
    expect(code).toBe(9);
    expect(out).toContain('malformed-certificate');
    expect(await verified(some)).toMatchObject({ code: 9 });
  });
});
