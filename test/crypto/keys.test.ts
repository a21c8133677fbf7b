import { constants, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { asBuffer, toHex, utf8 } from '../../src/base/bytes.ts';
import { softwareKeys, type KeyType } from '../../src/crypto/keys.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { keyProviderContract } from './key-provider-contract.ts';

const digests: Readonly<Record<Exclude<KeyType, `rsa-${string}`>, string | undefined>> = {
  'p-256': 'sha256',
  'p-384': 'sha384',
  'p-521': 'sha512',
  ed25519: undefined,
  ed448: undefined,
};
const types: readonly (keyof typeof digests)[] = ['p-256', 'p-384', 'p-521', 'ed25519', 'ed448'];
const data = utf8('signed octets');

function opened(spki: Uint8Array) {
  return createPublicKey({ key: asBuffer(spki), format: 'der', type: 'spki' });
}

keyProviderContract('softwareKeys', ['p-256', 'p-384', 'rsa-2048'], async () => ({
  async make(type) {
    const { key, pkcs8 } = await softwareKeys.generate(type);
    return { key, reload: async () => softwareKeys.load(pkcs8) };
  },
}));

describe('softwareKeys', () => {
  it.each(types)('generate %s keys that sign and can be loaded again', async (type) => {
    const { key, pkcs8 } = await softwareKeys.generate(type);
    expect(key.keyType).toBe(type);
    const loaded = softwareKeys.load(pkcs8);
    expect(loaded.spki).toEqual(key.spki);
    const signature = await loaded.sign(data, signatureAlgorithmFor(loaded));
    expect(verify(digests[type], data, opened(key.spki), signature)).toBe(true);
  });

  it.each([1024, 2048] as const)('generate RSA keys of %d bits', async (bits) => {
    const { key } = await softwareKeys.generate(`rsa-${bits}`);
    expect(key.keyType).toBe(`rsa-${bits}`);
    const details = opened(key.spki).asymmetricKeyDetails;
    expect(details).toEqual({ modulusLength: bits, publicExponent: 65537n });
    const signature = await key.sign(data, signatureAlgorithmFor(key));
    expect(verify('sha256', data, opened(key.spki), signature)).toBe(true);
  });

  it('leave the event loop free while an RSA key is generated', async () => {
    const progress = { isDone: false, turns: 0 };
    const countTurn = () => {
      progress.turns++;
      if (!progress.isDone) setImmediate(countTurn);
    };
    setImmediate(countTurn);
    await softwareKeys.generate('rsa-3072');
    progress.isDone = true;
    expect(progress.turns).toBeGreaterThan(10);
  });

  it('never show a private key in what is printed or made JSON', async () => {
    const generated = await softwareKeys.generate('p-256');
    const { key, pkcs8 } = generated;
    // The private value stands in the ECPrivateKey of PKCS #8, RFC 5915.
    const secret = pkcs8.subarray(36, 68);
    const forms = [toHex(secret), asBuffer(secret).toString('base64').slice(0, 20)];
    const decimal = [...secret.subarray(0, 6)].join('|');
    for (const value of [key, generated, { nested: [generated] }]) {
      const shown =
        inspect(value, { depth: 20, showHidden: true, maxArrayLength: null }) +
        JSON.stringify(value);
      for (const form of forms) expect(shown).not.toContain(form);
      const numbers = shown.replace(/"\d+":/g, '').replaceAll(/\D+/g, '|');
      expect(numbers).not.toContain(decimal);
      expect(shown).toContain('p-256');
    }
  });

  it('refuse to load what is no PrivateKeyInfo, or of a kind not on the list', () => {
    const usable = expect.objectContaining({ code: 'KEY_UNUSABLE' });
    expect(() => softwareKeys.load(utf8('no key'))).toThrow(usable);
    const others = [
      generateKeyPairSync('x25519'),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
    ];
    for (const { privateKey } of others) {
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
      expect(() => softwareKeys.load(pkcs8)).toThrow(usable);
    }
  });

  it('sign with RSASSA-PSS only when the key is bound to it, by what the key demands', async () => {
    const pair = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha512',
      mgf1HashAlgorithm: 'sha512',
    });
    const key = softwareKeys.load(pair.privateKey.export({ format: 'der', type: 'pkcs8' }));
    expect(key.keyType).toBe('rsa-pss-2048');
    const signature = await key.sign(data, signatureAlgorithmFor(key));
    const input = { key: pair.publicKey, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
    expect(verify('sha512', data, input, signature)).toBe(true);
  });
});
