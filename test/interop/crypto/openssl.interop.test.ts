import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { toDer } from '../../../src/asn1/codec.ts';
import { decodePem, encodePem } from '../../../src/asn1/pem.ts';
import { softwareKeys } from '../../../src/crypto/keys.ts';
import { modernOnly } from '../../../src/crypto/policy.ts';
import { loadPrivateKeyPem } from '../../../src/crypto/private-key-pem.ts';
import { pssAlgorithm } from '../../../src/crypto/rsassa-pss.ts';
import { signatureAlgorithmFor, verifySignature } from '../../../src/crypto/signature.ts';
import { decodeCertificate, TBSCertificate } from '../../../src/x509/certificate.ts';
import { requirePeer } from '../../harness/require.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-crypto-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach((context) => requirePeer(context, 'openssl'));

function openssl(line: string): string {
  return execFileSync('openssl', line.split(' '), {
    cwd: directory,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(directory, name), content);
  return name;
}

/** How `openssl pkeyutl` is told what to compute; EdDSA hashes by itself. */
const digests = {
  'rsa-2048': ' -digest sha256',
  'p-256': ' -digest sha256',
  'p-384': ' -digest sha384',
  'p-521': ' -digest sha512',
  ed25519: '',
  ed448: '',
} as const;
const types = ['rsa-2048', 'p-256', 'p-384', 'p-521', 'ed25519', 'ed448'] as const;

describe('OpenSSL', () => {
  it.each(types)('verifies a signature made with a %s key of ours', async (type) => {
    const { key } = await softwareKeys.generate(type);
    const data = utf8('signed octets');
    const signature = await key.sign(data, signatureAlgorithmFor(key));
    const files = {
      key: write('public.pem', encodePem('PUBLIC KEY', key.spki)),
      data: write('data', data),
      signature: write('signature', signature),
    };
    const output = openssl(
      `pkeyutl -verify -pubin -inkey ${files.key} -rawin -in ${files.data} -sigfile ${files.signature}${digests[type]}`,
    );
    expect(output).toContain('Signature Verified Successfully');
  });

  it('verifies an RSASSA-PSS signature of ours with the salt our parameters name', async () => {
    const { key } = await softwareKeys.generate('rsa-2048');
    const data = utf8('signed octets');
    const algorithm = pssAlgorithm({ digest: 'sha384', saltLength: 48 });
    const files = {
      key: write('public.pem', encodePem('PUBLIC KEY', key.spki)),
      data: write('data', data),
      signature: write('signature', await key.sign(data, algorithm)),
    };
    const output = openssl(
      `dgst -sha384 -verify ${files.key} -signature ${files.signature} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48 ${files.data}`,
    );
    expect(output).toContain('Verified OK');
  });

  it.each([
    ['genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2056', 'rsa-2056'],
    ['genpkey -algorithm ED448', 'ed448'],
    ['genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384', 'p-384'],
    ['ecparam -name secp521r1 -genkey', 'p-521'],
    ['ecparam -name prime256v1 -genkey -param_enc explicit', 'p-256'],
    ['ecparam -name prime256v1 -genkey -conv_form compressed', 'p-256'],
    ['genrsa -traditional -aes128 -passout pass:sesame 2048', 'rsa-2048'],
  ])('makes a key with "%s" that we can use', (line, keyType) => {
    const { key } = loadPrivateKeyPem(openssl(line), 'sesame');
    expect(key.keyType).toBe(keyType);
  });

  it.each([
    ['with PKCS #1', 'rsa:2048', ''],
    ['with RSASSA-PSS', 'rsa:2048', ' -sigopt rsa_padding_mode:pss'],
    ['by a key bound to RSASSA-PSS', 'rsa-pss', ''],
    ['by a P-256 key', 'ec', ' -pkeyopt ec_paramgen_curve:P-256'],
    ['by an Ed25519 key', 'ed25519', ''],
  ] as const)('signs a certificate %s that we can verify', (_how, newKey, options) => {
    const pem = openssl(
      `req -x509 -newkey ${newKey} -nodes -keyout ca.key -subj /CN=CA -sha256${options}`,
    );
    const [block] = decodePem(pem);
    const certificate = decodeCertificate(block?.der ?? new Uint8Array(0));
    const { tbsCertificate, signatureAlgorithm, signature } = certificate;
    const isVerified = verifySignature({
      spki: tbsCertificate.subjectPublicKeyInfo,
      algorithm: signatureAlgorithm,
      data: toDer(TBSCertificate, tbsCertificate),
      signature,
      policy: modernOnly,
    });
    expect(isVerified).toBe(true);
  });
});
