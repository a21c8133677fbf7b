import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { decodePem, encodePem, type PemBlock } from '../../src/asn1/pem.ts';
import {
  EncryptedPrivateKeyInfo,
  PBEParameter,
  PBES2Params,
} from '../../src/crypto/encrypted-private-key-info.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { pbkdf2Algorithm } from '../../src/crypto/pbkdf2.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const passphrase = 'open sesame';
const protection = { cipher: 'aes-256-cbc', passphrase };

function pemOf(
  key: KeyObject,
  options: { type: 'pkcs8' | 'sec1' | 'pkcs1'; cipher?: string; passphrase?: string },
): string {
  const pem = key.export({ format: 'pem', ...options });
  return typeof pem === 'string' ? pem : pem.toString();
}

function der(block: PemBlock | undefined): Uint8Array {
  if (!block) throw new Error('no PEM block');
  return block.der;
}

function spkiOf(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }));
}

function refusal(pem: string, ...rest: string[]): string {
  const unusable = expect.objectContaining({ code: 'KEY_UNUSABLE' });
  expect(() => loadPrivateKeyPem(pem, ...rest)).toThrow(unusable);
  try {
    loadPrivateKeyPem(pem, ...rest);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}

describe('loadPrivateKeyPem()', () => {
  it.each([
    ['PKCS #8', ec, { type: 'pkcs8' }],
    ['PKCS #8', rsa, { type: 'pkcs8' }],
    ['SEC 1', ec, { type: 'sec1' }],
    ['PKCS #1', rsa, { type: 'pkcs1' }],
    ['encrypted PKCS #8', ec, { type: 'pkcs8', ...protection }],
    ['encrypted SEC 1', ec, { type: 'sec1', ...protection }],
    ['encrypted PKCS #1', rsa, { type: 'pkcs1', ...protection }],
  ] as const)('reads %s, with text and certificates around it', (_name, pair, options) => {
    const file = `a note\n${encodePem('EC PARAMETERS', Uint8Array.of(5, 0))}${pemOf(pair.privateKey, options)}${encodePem('CERTIFICATE', Uint8Array.of(0x30, 0))}`;
    const { key, pkcs8 } = loadPrivateKeyPem(file.replaceAll('\n', '\r\n'), passphrase);
    expect(key.spki).toEqual(spkiOf(pair.publicKey));
    expect(softwareKeys.load(pkcs8).spki).toEqual(key.spki);
  });

  it('reads Ed25519, and RSA of 1024 bits and of odd lengths', () => {
    const edKey = generateKeyPairSync('ed25519').privateKey;
    expect(loadPrivateKeyPem(pemOf(edKey, { type: 'pkcs8' })).key.keyType).toBe('ed25519');
    for (const modulusLength of [1024, 2056]) {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
      const { key } = loadPrivateKeyPem(pemOf(privateKey, { type: 'pkcs8' }));
      expect(key.keyType).toBe(`rsa-${modulusLength}`);
    }
  });

  it.each(['P-256', 'P-384', 'P-521'])(
    'gives %s with explicit parameters its name',
    (namedCurve) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve, paramEncoding: 'explicit' });
      const { key, pkcs8 } = loadPrivateKeyPem(pemOf(privateKey, { type: 'pkcs8' }));
      expect(key.keyType).toBe(namedCurve.toLowerCase());
      expect(softwareKeys.load(pkcs8).keyType).toBe(key.keyType);
    },
  );

  it('says when the passphrase is missing or wrong', () => {
    const pem = pemOf(ec.privateKey, { type: 'pkcs8', ...protection });
    expect(refusal(pem)).toContain('it is encrypted');
    expect(refusal(pem, 'wrong')).toContain('the passphrase is wrong');
    expect(refusal(pem, '')).toContain('the passphrase is wrong');
    const old = pemOf(rsa.privateKey, { type: 'pkcs1', ...protection });
    expect(refusal(old)).toContain('it is encrypted');
  });

  it('refuses more iterations than anybody should wait for, before computing them', () => {
    const [block] = decodePem(pemOf(ec.privateKey, { type: 'pkcs8', ...protection }));
    const { encryptionAlgorithm, encryptedData } = fromDer(EncryptedPrivateKeyInfo, der(block));
    const dear = [
      {
        algorithm: oids.pbes2,
        parameters: toDer(PBES2Params, {
          ...fromDer(PBES2Params, encryptionAlgorithm.parameters ?? new Uint8Array()),
          keyDerivationFunc: pbkdf2Algorithm(new Uint8Array(8), 1_000_001, 32),
        }),
      },
      {
        algorithm: oids.pbeWithSHAAnd3KeyTripleDesCbc,
        parameters: toDer(PBEParameter, { salt: new Uint8Array(8), iterationCount: 1_000_001 }),
      },
    ];
    for (const algorithm of dear) {
      const info = { encryptionAlgorithm: algorithm, encryptedData };
      const pem = encodePem('ENCRYPTED PRIVATE KEY', toDer(EncryptedPrivateKeyInfo, info));
      expect(refusal(pem, passphrase)).toContain('1000001 iterations, allowed are 1000000');
    }
    const broken = encodePem('ENCRYPTED PRIVATE KEY', Uint8Array.of(0x30, 0));
    expect(refusal(broken, passphrase)).toContain('Cannot decode');
  });

  it('says what it found instead of a private key', () => {
    expect(refusal('')).toContain('found no "-----BEGIN');
    expect(refusal(encodePem('CERTIFICATE', Uint8Array.of(0x30, 0)))).toContain('a certificate');
    expect(refusal(encodePem('PUBLIC KEY', spkiOf(ec.publicKey)))).toContain('a public key');
    expect(refusal(encodePem('OPENSSH PRIVATE KEY', Uint8Array.of(1)))).toContain('OpenSSH');
    expect(refusal(encodePem('SOMETHING', Uint8Array.of(1)))).toContain('"SOMETHING"');
    const sec1 = ec.privateKey.export({ format: 'der', type: 'sec1' });
    expect(refusal(sec1.toString('utf8'))).toContain('DER');
    expect(refusal(sec1.toString('latin1'))).toContain('DER');
    const pem = pemOf(ec.privateKey, { type: 'pkcs8' });
    expect(refusal(pem + pem)).toContain('more than one');
    expect(refusal(pem.replace(/\n[^-]{10}/, '\nAAAAAAAAAA'))).toContain('does not decode');
  });

  it('refuses kinds of keys that are not on the list, by name', () => {
    const x25519 = generateKeyPairSync('x25519').privateKey;
    expect(refusal(pemOf(x25519, { type: 'pkcs8' }))).toContain('"x25519"');
    const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    expect(refusal(pemOf(k256, { type: 'pkcs8' }))).toContain('"ec"');
    const short = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey;
    expect(refusal(pemOf(short, { type: 'pkcs8' }))).toContain('512 bits');
  });

  it('refuses a key whose public half belongs to another', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const mine = ec.privateKey.export({ format: 'der', type: 'pkcs8' });
    const theirs = other.privateKey.export({ format: 'der', type: 'pkcs8' });
    // The public point is the last 65 octets of both.
    theirs.copy(mine, mine.length - 65, theirs.length - 65);
    expect(refusal(encodePem('PRIVATE KEY', mine))).toContain('belongs to another key');
  });

  it('shows nothing of the key when it refuses it', () => {
    const pem = pemOf(ec.privateKey, { type: 'sec1' });
    const body = pem.split('\n')[1] ?? '';
    const spoilt = pem.replace('EC PRIVATE KEY', 'OTHER').replace('EC PRIVATE KEY', 'OTHER');
    expect(refusal(spoilt)).not.toContain(body.slice(0, 12));
    expect(asBuffer(Buffer.from(body, 'base64')).length).toBeGreaterThan(40);
  });
});
