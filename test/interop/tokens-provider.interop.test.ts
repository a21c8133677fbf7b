import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { loadCryptoki } from '../../src/tokens/cryptoki.ts';
import { tokenKeys, type TokenKeys } from '../../src/tokens/token-keys.ts';
import { keyProviderContract } from '../crypto/key-provider-contract.ts';
import { requirePeer } from '../harness/require.ts';
import { modulePath, pin, setUpSoftHsm } from './softhsm.ts';

const types = ['p-256', 'p-384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
const uri = 'pkcs11:token=t1;object=gw1';

async function openToken(path = modulePath): Promise<TokenKeys> {
  const { env } = await setUpSoftHsm();
  // The module reads it from the environment of this process.
  Object.assign(process.env, env);
  const keys = tokenKeys({
    load: loadCryptoki,
    access: async () => ({ modulePath: path, pinSource: 'file:pin' }),
    pin: async () => utf8(pin),
    refusals: { find: async () => undefined, remember: async () => {}, forget: async () => {} },
    random: { bytes: (length) => Uint8Array.from(randomBytes(length)) },
  });
  onTestFinished(() => keys.close());
  return keys;
}

keyProviderContract('SoftHSM', types, async (context) => {
  for (const name of ['softhsm2', 'opensc'] as const) requirePeer(context, name);
  const keys = await openToken();
  return {
    async make(type) {
      const { key, uri: place } = await keys.generate(uri, type);
      return { key, reload: async () => keys.open(place, key.spki) };
    },
  };
});

describe('tokenKeys() with SoftHSM', () => {
  beforeEach((context) => requirePeer(context, 'softhsm2'));

  it('finds what it made, says who the token is, and removes a key', async () => {
    const keys = await openToken();
    const made = await keys.generate(uri, 'p-256');
    expect((await keys.find(uri)).uri).toBe(made.uri);
    expect(await keys.check('pkcs11:token=t1')).toMatchObject({ label: 't1', model: 'SoftHSM v2' });
    await keys.destroy(made.uri);
    await expect(keys.find(uri)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
  });

  it('says of a file that is no module, and of none, that they are no module', async () => {
    for (const path of ['/etc/passwd', '/nowhere/p11.so', '/lib/x86_64-linux-gnu/libz.so.1']) {
      const keys = await openToken(path);
      await expect(keys.check(uri)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });
});
