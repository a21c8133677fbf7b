import { constants, createPublicKey, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { asBuffer, utf8 } from '../../src/base/bytes.ts';
import type { KeyType } from '../../src/crypto/key-type.ts';
import type { SigningKey } from '../../src/crypto/keys.ts';
import { pssAlgorithm } from '../../src/crypto/rsassa-pss.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import type { Skippable } from '../harness/require.ts';

/** A key provider, wherever its keys are. */
export interface ProviderUnderTest {
  /** Make a key, and say how it is found again by what is stored of it. */
  make(type: KeyType): Promise<{ readonly key: SigningKey; reload(): Promise<SigningKey> }>;
}

const data = utf8('signed octets');

/**
 * What every provider of private keys does.
 *
 * @param types key types it makes
 * @param open gives the provider; may skip the test
 */
export function keyProviderContract(
  name: string,
  types: readonly KeyType[],
  open: (context: Skippable) => Promise<ProviderUnderTest>,
): void {
  const ofKind = (prefix: string) => types.filter((type) => type.startsWith(prefix));

  describe(`${name}, as every key provider`, () => {
    it.for(types)('makes %s keys that sign, and finds them again', async (type, context) => {
      const provider = await open(context);
      const { key, reload } = await provider.make(type);
      expect(key.keyType).toBe(type);
      const again = await reload();
      expect(again.spki).toEqual(key.spki);
      for (const one of [key, again]) expect(isSigned(one, await signed(one))).toBe(true);
    });

    it.for(ofKind('rsa-'))('signs with %s keys in either padding', async (type, context) => {
      const { key } = await (await open(context)).make(type);
      expect(isSigned(key, await signed(key))).toBe(true);
      for (const digest of ['sha256', 'sha512'] as const) {
        const saltLength = digest === 'sha256' ? 32 : 64;
        const signature = await key.sign(data, pssAlgorithm({ digest, saltLength }));
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        const opened = { key: publicHalf(key), padding, saltLength };
        expect(verify(digest, data, opened, signature)).toBe(true);
      }
    });

    it.for(ofKind('p-'))('gives ECDSA signatures by %s keys as DER', async (type, context) => {
      const { key } = await (await open(context)).make(type);
      // A leading zero, or a bit that has to be kept from being a sign, comes once in a few.
      for (let i = 0; i < 12; i++) {
        const signature = await signed(key);
        expect(signature[0]).toBe(0x30);
        expect(isSigned(key, signature)).toBe(true);
      }
    });

    it('refuses algorithms that are not for the key', async (context) => {
      const { key } = await (await open(context)).make('p-256');
      const rsa = algorithmIdentifier('sha256WithRSAEncryption', 'NULL');
      await expect((async () => key.sign(data, rsa))()).rejects.toMatchObject({
        code: 'CMP_ALGORITHM_UNSUPPORTED',
      });
    });

    it('never makes the same key twice', async (context) => {
      const provider = await open(context);
      const [one, other] = [await provider.make('p-256'), await provider.make('p-256')];
      expect(one.key.spki).not.toEqual(other.key.spki);
      expect((await one.reload()).spki).toEqual(one.key.spki);
      expect((await other.reload()).spki).toEqual(other.key.spki);
    });

    it('signs for several who ask at once', async (context) => {
      const { key, reload } = await (await open(context)).make('p-256');
      const again = await reload();
      const all = await Promise.all([key, again, key, again].map(signed));
      for (const signature of all) expect(isSigned(key, signature)).toBe(true);
    });

    it('shows no more of a key than its public half', async (context) => {
      const { key } = await (await open(context)).make('p-256');
      const shown = inspect(key, { depth: 20, showHidden: true }) + JSON.stringify(key);
      expect(shown).not.toMatch(/PrivateKeyObject|pkcs8|pin/i);
      expect(shown).toContain('p-256');
    });
  });
}

async function signed(key: SigningKey): Promise<Uint8Array> {
  return key.sign(data, signatureAlgorithmFor(key));
}

function isSigned(key: SigningKey, signature: Uint8Array): boolean {
  const digest = key.keyType === 'p-384' ? 'sha384' : 'sha256';
  return verify(digest, data, publicHalf(key), signature);
}

function publicHalf({ spki }: SigningKey) {
  return createPublicKey({ key: asBuffer(spki), format: 'der', type: 'spki' });
}
