import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { octetString } from '../../src/asn1/primitives.ts';
import { computePbmac1, pbmac1Algorithm, pbmac1ParamsOf } from '../../src/cmp/protection/pbmac1.ts';
import { loadPkcs8 } from '../../src/crypto/private-key-pem.ts';
import { pkcs12Kdf, bmpPassword } from '../../src/pkcs/pkcs12-kdf.ts';
import { PFX } from '../../src/pkcs/pfx.ts';
import { readPkcs12, type Pkcs12Contents } from '../../src/pkcs/pkcs12.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { scaled } from '../harness/effort.ts';
import { password, vector, vectorCertificate } from './vectors.ts';

function refusal(der: Uint8Array, word?: string): CertError {
  try {
    readPkcs12(der, word);
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
  throw new Error('it was read');
}

/** The one key must be the one of this certificate. */
function expectKeyOf(leaf: string, { keys }: Pkcs12Contents): void {
  const { subjectPublicKeyInfo } = decodeCertificate(vectorCertificate(leaf)).tbsCertificate;
  expect(keys.map(({ pkcs8 }) => toHex(loadPkcs8(pkcs8).key.spki))).toEqual([
    toHex(toDer(SubjectPublicKeyInfo, subjectPublicKeyInfo)),
  ]);
}

describe('readPkcs12() reads', () => {
  it.each(['aes-ec', 'aes-rsa', 'aes-ed25519', 'legacy-ec', 'legacy-rsa', 'legacy-ed25519'])(
    'key, name and chain of %s as OpenSSL exports them',
    (name) => {
      const leaf = name.replace(/.*-/, '');
      const contents = readPkcs12(vector(`${name}.p12`), password);
      expectKeyOf(leaf, contents);
      expect(contents.keys[0]?.name).toBe(`device ${leaf}`);
      expect(contents.certificates.map(toHex)).toEqual(
        [leaf, 'root', 'sub'].map((each) => toHex(vectorCertificate(each))),
      );
    },
  );

  it.each([
    [
      'RC2 with 128 bits, two-key 3DES, a MAC with SHA-512 and a password beyond ASCII',
      'rc2-128-2des',
      'grün€',
    ],
    ['AES-128 and 3DES under PBES2, and a MAC with SHA-384', 'aes-128-des3', password],
    ['no MAC', 'no-mac', password],
    ['nothing encrypted, and a MAC', 'clear', password],
    ['an empty password', 'no-password', undefined],
    ['an empty password given as one', 'no-password', ''],
  ])('a file with %s', (_, name, word) => {
    const contents = readPkcs12(vector(`${name}.p12`), word);
    expectKeyOf('ec', contents);
    expect(contents.certificates).toHaveLength(1);
  });

  it('a file without a key', () => {
    const { keys, certificates } = readPkcs12(vector('no-key.p12'), password);
    expect(keys).toEqual([]);
    expect(certificates).toHaveLength(3);
  });

  it('the keys of Java by their aliases, with attributes it did not sort', () => {
    const two = readPkcs12(vector('java-two-keys.p12'), password);
    expect(two.keys.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(readPkcs12(vector('java-legacy.p12'), password).keys[0]?.name).toBe('old');
  });

  it('a MAC by PBMAC1 (RFC 9579), and refuses it under another password', () => {
    const made = underPbmac1(vector('no-mac.p12'), password);
    expectKeyOf('ec', readPkcs12(made, password));
    expect(refusal(made, 'Geheim').message).toContain('the password is wrong');
  });
});

/** Give a file that has none a MAC by PBMAC1; OpenSSL writes that from version 3.4 on. */
function underPbmac1(der: Uint8Array, word: string): Uint8Array {
  const pfx = fromDer(PFX, der);
  const content = fromDer(octetString, pfx.authSafe.content ?? new Uint8Array());
  const digestAlgorithm = pbmac1Algorithm(new Uint8Array(8).fill(5), 2048);
  const digest = computePbmac1(pbmac1ParamsOf(digestAlgorithm), utf8(word), content);
  const mac = { digestAlgorithm, digest };
  return toDer(PFX, { ...pfx, macData: { mac, macSalt: utf8('unused') } });
}

describe('readPkcs12() refuses', () => {
  it.each(['aes-ec', 'legacy-rsa', 'no-mac', 'java-legacy', 'no-key'])(
    'a wrong password for %s, and says so when there is none',
    (name) => {
      const wrong = refusal(vector(`${name}.p12`), 'secret-word');
      expect(wrong).toMatchObject({ code: 'KEY_UNUSABLE' });
      expect(wrong.message).toContain('the password is wrong');
      expect(wrong.message + (wrong.hint ?? '')).not.toContain('secret-word');
      expect(refusal(vector(`${name}.p12`)).message).toContain('it needs a password');
    },
  );

  it('more iterations than a file may cost, before computing them', () => {
    const pfx = fromDer(PFX, vector('aes-ec.p12'));
    if (!pfx.macData) throw new Error('no MAC');
    const dear = { ...pfx, macData: { ...pfx.macData, iterations: 4_000_001 } };
    expect(refusal(toDer(PFX, dear), password).message).toContain('4000001 iterations');
    const none = { ...pfx, macData: { ...pfx.macData, iterations: 0 } };
    expect(refusal(toDer(PFX, none), password).message).toContain('0 iterations');
  });

  it('BER: lengths that are indefinite', () => {
    const der = vector('aes-ec.p12');
    // 30 82 LL LL becomes 30 80, with two NULs at the end.
    const ber = concatBytes(Uint8Array.of(0x30, 0x80), der.subarray(4), new Uint8Array(2));
    expect(refusal(ber, password)).toMatchObject({ code: 'DER_MALFORMED' });
  });

  it('another version, and what follows the end', () => {
    const pfx = fromDer(PFX, vector('no-mac.p12'));
    expect(refusal(toDer(PFX, { ...pfx, version: 4 }), password).message).toContain('version 4');
    const longer = concatBytes(vector('no-mac.p12'), Uint8Array.of(0));
    expect(refusal(longer, password).code).toBe('DER_MALFORMED');
  });

  it('a file over 1 MiB', () => {
    expect(refusal(new Uint8Array(1_048_577).fill(0x30)).code).toBe('LIMIT_EXCEEDED');
  });

  it('every file that is cut off', () => {
    const der = vector('aes-ec.p12');
    for (let length = 0; length < der.length; length += 7) {
      expect(refusal(der.subarray(0, length), password).code).toBe('DER_MALFORMED');
    }
  });

  it('a file under a MAC with any octet changed, or reads the same key out of it', () => {
    const der = vector('clear.p12');
    const [key] = readPkcs12(der, password).keys;
    for (const changed of changes(der)) {
      const found = readOrRefuse(changed);
      expect(found?.keys[0]?.pkcs8 ?? key?.pkcs8).toEqual(key?.pkcs8);
    }
  });

  it('a file without MAC by nothing but an error of ours, whatever is changed in it', () => {
    expect(() => changes(vector('no-mac.p12')).forEach(readOrRefuse)).not.toThrow();
  });
});

/** Copies with one octet changed each. */
function changes(der: Uint8Array): readonly Uint8Array[] {
  const count = Math.min(der.length, scaled(150));
  return Array.from({ length: count }, (_, i) => {
    const changed = Uint8Array.from(der);
    const at = Math.floor((i * der.length) / count);
    changed[at] = (changed[at] ?? 0) ^ 0x15;
    return changed;
  });
}

function readOrRefuse(der: Uint8Array): Pkcs12Contents | undefined {
  try {
    return readPkcs12(der, password);
  } catch (error) {
    if (error instanceof CertError) return undefined;
    throw error;
  }
}

describe('pkcs12Kdf()', () => {
  it('makes as many octets as asked for, the first of them the same', () => {
    const long = pkcs12Kdf('sha1', 'key', bmpPassword('smeg'), utf8('salt'), 3, 50);
    const short = pkcs12Kdf('sha1', 'key', bmpPassword('smeg'), utf8('salt'), 3, 20);
    expect(long.subarray(0, 20)).toEqual(short);
    expect(long).toHaveLength(50);
  });

  it('derives the key under which OpenSSL computes its MAC', () => {
    const { authSafe, macData } = fromDer(PFX, vector('aes-rsa.p12'));
    if (!macData) throw new Error('no MAC');
    const { macSalt, iterations = 1, mac } = macData;
    const key = pkcs12Kdf('sha256', 'mac', bmpPassword(password), macSalt, iterations, 32);
    const content = fromDer(octetString, authSafe.content ?? new Uint8Array());
    expect(createHmac('sha256', key).update(content).digest('hex')).toBe(toHex(mac.digest));
  });
});
