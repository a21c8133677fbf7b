import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fromDer } from '../../src/asn1/codec.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { octetString } from '../../src/asn1/primitives.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { encryptPkcs8, WRITTEN_ITERATIONS } from '../../src/pkcs/password-encryption.ts';
import { AuthenticatedSafe, PFX } from '../../src/pkcs/pfx.ts';
import { isSamePkcs12, writePkcs12 } from '../../src/pkcs/pkcs12-write.ts';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { seeded } from '../harness/seeded.ts';
import { password, vector, vectorCertificate } from './vectors.ts';

const certificates = ['ec', 'sub', 'root'].map(vectorCertificate);
const pkcs8 = readPkcs12(vector('aes-ec.p12'), password).keys[0]?.pkcs8 ?? new Uint8Array();
const credential = { name: 'gw1', pkcs8, certificates };

describe('writePkcs12()', () => {
  const written = writePkcs12(credential, password, seeded(1));

  it('writes what our reader reads: the key by its name, its certificate first', () => {
    const contents = readPkcs12(written, password);
    expect(contents.keys.map(({ name }) => name)).toEqual(['gw1']);
    expect(contents.keys.map((key) => toHex(key.pkcs8))).toEqual([toHex(pkcs8)]);
    expect(contents.certificates.map(toHex)).toEqual(certificates.map(toHex));
  });

  it('derives each key from a salt of its own, with as many iterations as any other', () => {
    const { authSafe, macData } = fromDer(PFX, written);
    const safes = fromDer(octetString, authSafe.content ?? new Uint8Array());
    expect(macData?.iterations).toBe(WRITTEN_ITERATIONS);
    // That INTEGER in each of the two PBKDF2-params.
    const count = `0203${WRITTEN_ITERATIONS.toString(16).padStart(6, '0')}`;
    expect(toHex(safes).split(count)).toHaveLength(3);
    const salts = toHex(safes)
      .split(count)
      .slice(0, 2)
      .map((before) => before.slice(-32));
    expect(new Set([...salts, toHex(macData?.macSalt ?? new Uint8Array())]).size).toBe(3);
    expect(fromDer(AuthenticatedSafe, safes)).toHaveLength(2);
  });

  it('leaves neither key nor certificate to be seen', () => {
    expect(toHex(written)).not.toContain(toHex(pkcs8).slice(60, 120));
    expect(toHex(written)).not.toContain(toHex(vectorCertificate('ec')).slice(0, 60));
  });

  it('writes certificates without a key', () => {
    const alone = writePkcs12({ name: 'gw1', certificates }, password, seeded(2));
    const contents = readPkcs12(alone, password);
    expect(contents.keys).toEqual([]);
    expect(contents.certificates).toHaveLength(3);
  });

  it('takes a password beyond ASCII, and beyond 16 bits a character', () => {
    const word = 'grün€😀';
    const contents = readPkcs12(writePkcs12(credential, word, seeded(3)), word);
    expect(contents.keys).toHaveLength(1);
  });

  it('refuses an empty password', () => {
    expect(() => writePkcs12(credential, '', seeded(4))).toThrow(
      expect.objectContaining({ code: 'SECRET_UNAVAILABLE' }),
    );
  });

  it('is known again by what is in it, whatever its salts', () => {
    expect(isSamePkcs12(written, credential, password)).toBe(true);
    expect(isSamePkcs12(written, credential, 'another')).toBe(false);
    expect(isSamePkcs12(written, { ...credential, name: 'gw2' }, password)).toBe(false);
    expect(isSamePkcs12(written, { name: 'gw1', certificates }, password)).toBe(false);
    const fewer = { ...credential, certificates: certificates.slice(0, 2) };
    expect(isSamePkcs12(written, fewer, password)).toBe(false);
    const others = { ...credential, certificates: certificates.toReversed() };
    expect(isSamePkcs12(written, others, password)).toBe(false);
    expect(isSamePkcs12(new Uint8Array(), credential, password)).toBe(false);
  });
});

describe('encryptPkcs8()', () => {
  it('writes a key that OpenSSL and our reader open with the password, and only with it', () => {
    const pem = encodePem('ENCRYPTED PRIVATE KEY', encryptPkcs8(pkcs8, password, seeded(5)));
    const key = createPrivateKey({ key: pem, passphrase: password });
    expect(toHex(key.export({ format: 'der', type: 'pkcs8' }))).toBe(toHex(pkcs8));
    expect(toHex(loadPrivateKeyPem(pem, password).pkcs8)).toBe(toHex(pkcs8));
    expect(() => loadPrivateKeyPem(pem, 'another')).toThrow(
      expect.objectContaining({ code: 'KEY_UNUSABLE' }),
    );
  });

  it('refuses an empty password', () => {
    expect(() => encryptPkcs8(pkcs8, '', seeded(6))).toThrow(
      expect.objectContaining({ code: 'SECRET_UNAVAILABLE' }),
    );
  });
});
