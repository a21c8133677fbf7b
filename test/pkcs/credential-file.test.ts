import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asBuffer, concatBytes, toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { decodePem, encodePem } from '../../src/asn1/pem.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { readCredentialFile } from '../../src/pkcs/credential-file.ts';
import { PFX } from '../../src/pkcs/pfx.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { password, vector, vectorCertificate } from './vectors.ts';

const path = 'device.p12';

const keyPairs = {
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: () => generateKeyPairSync('ed25519'),
};

function refusal(octets: Uint8Array, more: { password?: string; alias?: string } = {}): CertError {
  try {
    readCredentialFile(octets, { path, ...more });
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('readCredentialFile()', () => {
  it('says once that it is PEM which cannot be read', () => {
    expect(refusal(utf8('hello')).message).toMatch(
      /^Cannot read "device.p12" as PEM: no "-----BEGIN/,
    );
  });

  it('tells PEM, DER and PKCS#12 apart by what is in them', () => {
    const leaf = vectorCertificate('ec');
    const pem = utf8(encodePem('CERTIFICATE', leaf));
    for (const octets of [leaf, pem, vector('ec.crt')]) {
      const { certificates, key } = readCredentialFile(octets, { path });
      expect(certificates.map((each) => toHex(certificateDer(each)))).toEqual([toHex(leaf)]);
      expect(key).toBeUndefined();
    }
    const { certificates, key } = readCredentialFile(vector('legacy-ed25519.p12'), {
      path,
      password,
    });
    expect(certificates).toHaveLength(3);
    expect(key?.key.keyType).toBe('ed25519');
  });

  it.each(['pkcs8-ec', 'pkcs8-3des-ec', 'sec1-ec', 'pkcs1-rsa'])(
    'reads the encrypted key of %s with certificates around it',
    (name) => {
      const file = concatBytes(vector('sub.crt'), vector(`${name}.pem`), vector('root.crt'));
      const { certificates, key } = readCredentialFile(file, { path, password });
      expect(certificates).toHaveLength(2);
      expect(key?.key.keyType).toBe(name === 'pkcs1-rsa' ? 'rsa-2048' : 'p-256');
      expect(refusal(file, { password: 'other' }).message).toContain('the passphrase is wrong');
      expect(refusal(file)).toMatchObject({ code: 'KEY_UNUSABLE' });
      expect(refusal(file).message).toContain('it is encrypted');
    },
  );

  it.each([
    ['ec', 'pkcs8'],
    ['ec', 'sec1'],
    ['rsa', 'pkcs8'],
    ['rsa', 'pkcs1'],
    ['ed25519', 'pkcs8'],
  ] as const)('reads a private key in DER: %s as %s', (kind, type) => {
    const { privateKey } = keyPairs[kind]();
    const der = Uint8Array.from(privateKey.export({ format: 'der', type }));
    const { certificates, key } = readCredentialFile(der, { path });
    expect(certificates).toEqual([]);
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    expect(toHex(key?.pkcs8 ?? new Uint8Array())).toBe(pkcs8.toString('hex'));
    expect(refusal(der.slice(0, -1)).message).toContain('as key in DER: ');
  });

  it('reads an encrypted private key in DER under its password', () => {
    const [block] = decodePem(new TextDecoder().decode(vector('pkcs8-ec.pem')));
    const der = block?.der ?? new Uint8Array();
    expect(readCredentialFile(der, { path, password }).key?.key.keyType).toBe('p-256');
    expect(refusal(der).message).toContain('it is encrypted');
    expect(refusal(der, { password: 'other' }).message).toContain('the passphrase is wrong');
  });

  it('names the keys of a file with several, and takes the one of the alias', () => {
    const file = vector('java-two-keys.p12');
    expect(refusal(file, { password })).toMatchObject({
      code: 'KEY_UNUSABLE',
      message: 'Cannot read "device.p12" as PKCS#12: there are 2 private keys in it: "one", "two"',
      hint: 'Name one with alias, as its friendlyName in the file says',
    });
    expect(readCredentialFile(file, { path, password, alias: 'two' }).key?.key.keyType).toBe(
      'p-256',
    );
    const unknown = refusal(file, { password, alias: 'three' }).message;
    expect(unknown).toContain('there is no key of alias "three" in it: "one", "two"');
  });

  it('says how to convert BER', () => {
    const der = vector('aes-ec.p12');
    const ber = concatBytes(Uint8Array.of(0x30, 0x80), der.subarray(4), new Uint8Array(2));
    expect(refusal(ber, { password })).toMatchObject({
      code: 'PEM_MALFORMED',
      message: expect.stringContaining('expected DER'),
      hint: expect.stringContaining('openssl pkcs12 -in device.p12 -out device.p12.pem'),
    });
  });

  it('says which kind of encryption it cannot read, and how to convert it', () => {
    // PBE-SHA1-RC4-128 in place of PBE-SHA1-3DES: the last number of the OID is the kind.
    const old = Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x06]);
    const file = Uint8Array.from(vector('legacy-rsa.p12'));
    const at = asBuffer(file).indexOf(old);
    expect(at).toBeGreaterThan(0);
    file[at + old.length - 1] = 1;
    // The MAC covers the kind, so that it is looked at in a file without.
    const bare = withoutMac(file);
    expect(refusal(bare, { password })).toMatchObject({
      message: expect.stringContaining('1.2.840.113549.1.12.1.1'),
      hint: expect.stringContaining('-legacy'),
    });
  });

  it('says what else is in a PEM file, and what is wrong with it', () => {
    expect(refusal(utf8(encodePem('X', Uint8Array.of(5, 0))))).toMatchObject({
      code: 'PEM_MALFORMED',
      message: expect.stringContaining('neither certificate nor key in it, only "X"'),
    });
    expect(refusal(utf8('nothing'))).toMatchObject({ code: 'PEM_MALFORMED' });
    const keys = concatBytes(vector('sec1-ec.pem'), vector('pkcs8-ec.pem'));
    expect(refusal(keys, { password }).message).toContain('more than one private key');
  });

  it('takes time in proportion to a hostile file', () => {
    const begun = '-----BEGIN PRIVATE KEY-----\n'.repeat(140_000);
    expect(refusal(utf8(begun)).message).toContain('no end line');
    const crossed = '-----BEGIN A PRIVATE KEY-----\n-----END B PRIVATE KEY-----\n'.repeat(70_000);
    expect(refusal(utf8(crossed)).message).toContain('no end line');
    expect(() => loadPrivateKeyPem(begun)).toThrow('Cannot read the private key');
  });

  it('refuses more certificates than any chain has', () => {
    const many = encodePem('CERTIFICATE', vectorCertificate('ec')).repeat(201);
    expect(refusal(utf8(many)).message).toContain('there are 201 certificates');
  });
});

function withoutMac(der: Uint8Array): Uint8Array {
  return toDer(PFX, { version: 3, authSafe: fromDer(PFX, der).authSafe });
}
