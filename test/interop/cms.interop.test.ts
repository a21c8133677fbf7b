import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { fromDer, toDer, type Codec } from '../../src/asn1/codec.ts';
import { oids, type Oid } from '../../src/asn1/oids.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import { buildEnvelopedData, type Addressee } from '../../src/cms/build-enveloped-data.ts';
import { buildSignedData } from '../../src/cms/build-signed-data.ts';
import { ContentInfo } from '../../src/cms/content-info.ts';
import { EnvelopedData } from '../../src/cms/enveloped-data.ts';
import { buildAsymmetricKeyPackage, openKeyPackage } from '../../src/cms/key-package.ts';
import { openEnvelopedData } from '../../src/cms/open-enveloped-data.ts';
import { SignedData } from '../../src/cms/signed-data.ts';
import { verifySignedData } from '../../src/cms/verify-signed-data.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { oaepAlgorithm } from '../../src/crypto/key-transport.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { certificateDer, decodeCertificate } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { seeded } from '../harness/seeded.ts';

/** As `openssl req -newkey` takes them. */
const holders = {
  'rsa-2048': '-newkey rsa:2048',
  'rsa-3072': '-newkey rsa:3072',
  'p-256': '-newkey ec -pkeyopt ec_paramgen_curve:P-256',
  'p-384': '-newkey ec -pkeyopt ec_paramgen_curve:P-384',
  'p-521': '-newkey ec -pkeyopt ec_paramgen_curve:P-521',
} as const;
type Holder = keyof typeof holders;

const content = utf8('content of a message, longer than a block of AES');
const random = seeded(1);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-cms-'));
  if (!hasPeer('openssl')) return;
  for (const [name, newKey] of Object.entries(holders)) {
    openssl(
      `req -x509 ${newKey} -nodes -keyout ${name}.key -out ${name}.crt -subj /CN=${name} -days 30`,
    );
  }
  writeFileSync(join(directory, 'content'), content);
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach((context) => requirePeer(context, 'openssl'));

function openssl(line: string): Uint8Array {
  return execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe' });
}

function text(file: string): string {
  return readFileSync(join(directory, file), 'utf8');
}

function holder(name: Holder) {
  const [block] = decodePem(text(`${name}.crt`));
  return {
    certificate: decodeCertificate(block?.der ?? new Uint8Array()),
    key: loadPrivateKeyPem(text(`${name}.key`)).key,
  };
}

function unpacked<T>(der: Uint8Array, contentType: Oid, codec: Codec<T>): T {
  const info = fromDer(ContentInfo, Uint8Array.from(der));
  expect(info.contentType).toBe(contentType);
  return fromDer(codec, info.content);
}

function pack(name: string, contentType: Oid, der: Uint8Array): void {
  writeFileSync(join(directory, name), toDer(ContentInfo, { contentType, content: der }));
}

async function envelop(addressee: Addressee, keyOctets: 16 | 32 = 32): Promise<void> {
  const enveloped = await buildEnvelopedData(
    { contentType: oids.data, content, addressee, keyOctets },
    random,
  );
  pack('enveloped', oids.envelopedData, toDer(EnvelopedData, enveloped));
}

describe('openEnvelopedData()', () => {
  it.each([
    ['rsa-2048', '-aes128', ''],
    ['rsa-2048', '-aes256', ' -keyid'],
    ['rsa-3072', '-aes192', ' -keyopt rsa_padding_mode:oaep'],
    ['rsa-2048', '-aes256', ' -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256'],
    ['p-256', '-aes128', ''],
    ['p-256', '-aes256', ' -aes256-wrap -keyid'],
    ['p-384', '-aes256', ' -keyopt ecdh_kdf_md:sha384 -aes256-wrap'],
    ['p-521', '-aes256', ' -keyopt ecdh_kdf_md:sha512 -aes256-wrap'],
    ['p-256', '-aes128', ' -keyopt ecdh_kdf_md:sha224 -keyopt ecdh_cofactor_mode:1'],
  ] as const)('reads what OpenSSL encrypted for %s with %s%s [C17]', async (name, cipher, more) => {
    const der = openssl(
      `cms -encrypt -in content -binary -outform DER ${cipher} -recip ${name}.crt${more}`,
    );
    const enveloped = unpacked(der, oids.envelopedData, EnvelopedData);
    const { key, certificate } = holder(name);
    const opened = await openEnvelopedData(enveloped, { type: 'certificate', key, certificate });
    expect(opened).toEqual({ contentType: oids.data, content });
    expect((await openEnvelopedData(enveloped, { type: 'key', key })).content).toEqual(content);
  });

  it.each(['-aes128', '-aes256'])(
    'reads what OpenSSL encrypted by a password with %s [C17]',
    async (cipher) => {
      const der = openssl(
        `cms -encrypt -in content -binary -outform DER ${cipher} -pwri_password sesame`,
      );
      const enveloped = unpacked(der, oids.envelopedData, EnvelopedData);
      const secret = utf8('sesame');
      const opened = await openEnvelopedData(enveloped, { type: 'secret', secret });
      expect(opened.content).toEqual(content);
    },
  );

  it('finds its certificate among several recipients', async () => {
    const der = openssl(
      'cms -encrypt -in content -binary -outform DER -aes128 -recip rsa-3072.crt -recip p-256.crt -recip rsa-2048.crt -recip p-384.crt',
    );
    const enveloped = unpacked(der, oids.envelopedData, EnvelopedData);
    for (const name of ['rsa-2048', 'rsa-3072', 'p-256', 'p-384'] as const) {
      const opened = openEnvelopedData(enveloped, { type: 'certificate', ...holder(name) });
      expect((await opened).content).toEqual(content);
    }
  });
});

describe('verifySignedData()', () => {
  it.each([
    ['rsa-2048', ''],
    ['rsa-2048', ' -md sha512 -keyid'],
    ['rsa-2048', ' -keyopt rsa_padding_mode:pss'],
    ['p-256', ''],
    ['p-384', ' -md sha384 -keyid'],
    ['p-521', ' -md sha512'],
    ['rsa-3072', ' -noattr'],
  ] as const)('takes what OpenSSL signed with %s%s [C17]', (name, more) => {
    const der = openssl(
      `cms -sign -in content -binary -nodetach -outform DER -signer ${name}.crt -inkey ${name}.key${more}`,
    );
    const verified = verifySignedData(unpacked(der, oids.signedData, SignedData), modernOnly);
    expect(verified.eContent).toEqual(content);
    expect(verified.signers.map(certificateDer)).toEqual([
      certificateDer(holder(name).certificate),
    ]);
  });

  it('takes what two signed, each with a key of its own', () => {
    const der = openssl(
      'cms -sign -in content -binary -nodetach -outform DER -signer rsa-2048.crt -inkey rsa-2048.key -signer p-256.crt -inkey p-256.key',
    );
    const { signers } = verifySignedData(unpacked(der, oids.signedData, SignedData), modernOnly);
    expect(signers).toHaveLength(2);
  });
});

describe('OpenSSL', () => {
  it.each([
    ['RSAES-OAEP with SHA-256', oaepAlgorithm('sha256')],
    ['RSAES-OAEP with SHA-1', oaepAlgorithm('sha1')],
    ['PKCS #1 v1.5', algorithmIdentifier('rsaEncryption', 'NULL')],
  ])('decrypts what we encrypted with %s', async (_name, algorithm) => {
    const { certificate } = holder('rsa-2048');
    await envelop({ type: 'key-transport', certificate, algorithm });
    const line = 'cms -decrypt -in enveloped -inform DER -recip rsa-2048.crt -inkey rsa-2048.key';
    expect(Uint8Array.from(openssl(line))).toEqual(content);
  });

  it.each(['p-256', 'p-384', 'p-521'] as const)(
    'decrypts what we encrypted for a key on %s',
    async (name) => {
      const { key: ephemeral } = await softwareKeys.generate(name);
      await envelop({ type: 'key-agreement', certificate: holder(name).certificate, ephemeral });
      const line = `cms -decrypt -in enveloped -inform DER -recip ${name}.crt -inkey ${name}.key`;
      expect(Uint8Array.from(openssl(line))).toEqual(content);
    },
  );

  it.each([16, 32] as const)(
    'decrypts what we encrypted by a password with keys of %i octets',
    async (keyOctets) => {
      const secret = utf8('sesame');
      await envelop(
        { type: 'password', secret, iterationCount: 2048, wrap: 'pwri-kek' },
        keyOctets,
      );
      const line = 'cms -decrypt -in enveloped -inform DER -pwri_password sesame';
      expect(Uint8Array.from(openssl(line))).toEqual(content);
    },
  );

  // OpenSSL 3.0 has no EdDSA in CMS.
  it.each(['rsa-2048', 'p-256', 'p-384', 'p-521'] as const)(
    'verifies what we signed with %s',
    async (name) => {
      const { key, certificate } = holder(name);
      const eContentType = oids.ctKPaKeyPackage;
      const toSign = { eContentType, eContent: content, key, certificate, chain: [] };
      pack('signed', oids.signedData, toDer(SignedData, await buildSignedData(toSign)));
      const line = `cms -verify -in signed -inform DER -binary -CAfile ${name}.crt -purpose any`;
      expect(Uint8Array.from(openssl(line))).toEqual(content);
    },
  );
});

describe('a key package that OpenSSL signed and encrypted', () => {
  it.each([
    ['rsa-2048', ' -keyopt rsa_padding_mode:oaep'],
    ['p-256', ' -aes256-wrap'],
  ] as const)('gives the key to the holder of %s [C17]', async (name, more) => {
    const generated = await softwareKeys.generate('p-384');
    writeFileSync(join(directory, 'package'), buildAsymmetricKeyPackage(generated));
    const signed = openssl(
      `cms -sign -in package -binary -nodetach -outform DER -econtent_type ${oids.ctKPaKeyPackage} -signer p-384.crt -inkey p-384.key -md sha384 -keyid`,
    );
    // CMP has the bare SignedData in there.
    const { content: bare } = fromDer(ContentInfo, Uint8Array.from(signed));
    writeFileSync(join(directory, 'bare'), bare);
    const der = openssl(
      `cms -encrypt -in bare -binary -outform DER -aes256 -recip ${name}.crt${more}`,
    );
    const enveloped = unpacked(der, oids.envelopedData, EnvelopedData);
    const opened = await openEnvelopedData(enveloped, { type: 'certificate', ...holder(name) });
    const verified = verifySignedData(fromDer(SignedData, opened.content), modernOnly);
    expect(verified.eContentType).toBe(oids.ctKPaKeyPackage);
    const spki = fromDer(SubjectPublicKeyInfo, generated.key.spki);
    const { key } = await openKeyPackage(verified.eContent, spki, softwareKeys);
    expect(key.spki).toEqual(generated.key.spki);
  });
});
