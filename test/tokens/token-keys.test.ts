import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { KeyType } from '../../src/crypto/key-type.ts';
import type { SigningKey } from '../../src/crypto/keys.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { attribute, flag } from '../../src/tokens/constants.ts';
import { keyProviderContract } from '../crypto/key-provider-contract.ts';
import { coded } from '../store/sample.ts';
import { fakeToken } from './fake-cryptoki.ts';
import { openToken } from './world.ts';

const uri = 'pkcs11:token=t1;object=gw1';
const sign = async (key: SigningKey) => key.sign(utf8('octets'), signatureAlgorithmFor(key));

keyProviderContract('tokenKeys()', ['p-256', 'p-384', 'rsa-2048'], async () => {
  const { keys } = openToken(fakeToken());
  return {
    async make(type) {
      const { key, uri: place } = await keys.generate(uri, type);
      return { key, reload: async () => keys.open(place, key.spki) };
    },
  };
});

describe('tokenKeys()', () => {
  it('makes keys that the token keeps: sensitive, not extractable, and for signing only', async () => {
    const token = fakeToken();
    let template: unknown;
    const generate = token.cryptoki.C_GenerateKeyPairAsync;
    const cryptoki = {
      ...token.cryptoki,
      C_GenerateKeyPairAsync: (...args: Parameters<typeof generate>) => {
        [, , , template] = args;
        return generate(...args);
      },
    };
    const { keys } = openToken(token, { load: async () => cryptoki });
    const made = await keys.generate(uri, 'p-256');
    expect(template).toEqual(
      expect.arrayContaining([
        { type: attribute.TOKEN, value: true },
        { type: attribute.PRIVATE, value: true },
        { type: attribute.SENSITIVE, value: true },
        { type: attribute.EXTRACTABLE, value: false },
        { type: attribute.SIGN, value: true },
        { type: attribute.DECRYPT, value: false },
      ]),
    );
    expect(made.uri).toMatch(/^pkcs11:token=t1;object=gw1;id=(?:%[0-9A-F]{2}){16};type=private$/);
    expect(made.isNew).toBe(true);
    expect(made.key).not.toHaveProperty('decrypt');
    expect(made.key).not.toHaveProperty('agree');
  });

  it('takes no key from a token that would give it away again', async () => {
    const token = fakeToken();
    const read = token.cryptoki.C_GetAttributeValue;
    const cryptoki = {
      ...token.cryptoki,
      C_GetAttributeValue: (...args: Parameters<typeof read>) =>
        args[2][0]?.type === attribute.EXTRACTABLE ? [{ value: Buffer.from([1]) }] : read(...args),
    };
    const { keys } = openToken(token, { load: async () => cryptoki });
    await expect(keys.generate(uri, 'p-256')).rejects.toMatchObject(coded('KEY_UNUSABLE'));
    expect(token.count()).toBe(0);
  });

  it('says before the token is asked which keys are not made in tokens', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    for (const type of ['ed25519', 'ed448', 'rsa-1024', 'p-521'] satisfies KeyType[]) {
      await expect(keys.generate(uri, type)).rejects.toMatchObject(coded('KEY_UNUSABLE'));
    }
    expect(token.calls).toEqual([]);
  });

  it('finds a key by label or id, and none when it is not the only one', async () => {
    const { keys } = openToken(fakeToken());
    const first = await keys.generate(uri, 'p-256');
    const found = await keys.find(uri);
    expect(found).toMatchObject({ uri: first.uri, isNew: false });
    expect(found.key.spki).toEqual(first.key.spki);

    const second = await keys.generate(uri, 'p-256');
    await expect(keys.find(uri)).rejects.toMatchObject(coded('KEY_UNUSABLE'));
    expect((await keys.find(second.uri)).key.spki).toEqual(second.key.spki);
    await expect(keys.find('pkcs11:token=t1;object=gw2')).rejects.toThrow('"gw2"');
  });

  it('names the token in what it stores, though it was the only one', async () => {
    const { keys } = openToken(fakeToken('only'));
    expect((await keys.generate('pkcs11:object=k', 'p-256')).uri).toContain('token=only;object=k;');
  });

  it('reads a point without the OCTET STRING around it, as some tokens give it', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const made = await keys.generate(uri, 'p-256');
    token.barePoints = true;
    expect((await keys.find(uri)).key.spki).toEqual(made.key.spki);
  });

  it('reads an RSA key from its private half where the public one is gone, and says so of an EC key', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const rsa = await keys.generate('pkcs11:token=t1;object=rsa', 'rsa-2048');
    await keys.generate('pkcs11:token=t1;object=ec', 'p-256');
    token.dropPublicKeys();
    expect((await keys.find('pkcs11:object=rsa')).key.spki).toEqual(rsa.key.spki);
    await expect(keys.find('pkcs11:object=ec')).rejects.toMatchObject(coded('KEY_UNUSABLE'));
  });

  it('removes a key with its public half, and no other', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const kept = await keys.generate(uri, 'p-256');
    const { uri: unwanted } = await keys.generate(uri, 'p-256');
    await keys.destroy(unwanted);
    expect(token.count()).toBe(2);
    expect((await keys.find(uri)).uri).toBe(kept.uri);
  });

  it('refuses a signature that is not by the key it stands for', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const { key } = await keys.generate(uri, 'p-256');
    token.exchangeKeys();
    await expect(sign(key)).rejects.toMatchObject(coded('KEY_UNUSABLE'));
  });
});

describe('a token', () => {
  it('is opened and asked for its PIN once, however often it signs', async () => {
    const token = fakeToken();
    const { keys, asked } = openToken(token);
    const { key } = await keys.generate(uri, 'p-256');
    await sign(key);
    await sign(key);
    expect(asked).toEqual(['file:/pin']);
    expect(token.pins).toEqual(['1234']);
    expect(token.calls.filter((name) => name === 'Initialize')).toHaveLength(1);
  });

  it('is not touched when a key is opened that does not sign', () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const spki = Buffer.from(
      '3059301306072a8648ce3d020106082a8648ce3d030107034200' +
        '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
      'hex',
    );
    expect(keys.open(uri, spki).keyType).toBe('p-256');
    expect(token.calls).toEqual([]);
  });

  it.each(['SESSION_HANDLE_INVALID', 'USER_NOT_LOGGED_IN', 'DEVICE_REMOVED'] as const)(
    'goes on in a new session after %s',
    async (value) => {
      const token = fakeToken();
      const { keys } = openToken(token);
      const { key } = await keys.generate(uri, 'p-256');
      token.failNext('Sign', value);
      expect(await sign(key)).toBeInstanceOf(Uint8Array);
      token.dropSessions();
      expect(await sign(key)).toBeInstanceOf(Uint8Array);
    },
  );

  it('is TOKEN_UNAVAILABLE while it is pulled out, and signs again when it is back', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const { key } = await keys.generate(uri, 'p-256');
    token.isThere = false;
    for (let i = 0; i < 2; i++) {
      await expect(sign(key)).rejects.toMatchObject(coded('TOKEN_UNAVAILABLE'));
    }
    token.isThere = true;
    expect(await sign(key)).toBeInstanceOf(Uint8Array);
  });

  it('is found by a process that began before it was put in', async () => {
    const token = fakeToken();
    token.isThere = false;
    const { keys } = openToken(token);
    await expect(keys.check(uri)).rejects.toMatchObject(coded('TOKEN_UNAVAILABLE'));
    token.isThere = true;
    expect(await keys.check(uri)).toMatchObject({ label: 't1' });
  });

  it('does one thing at a time, whoever asks', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    const { key } = await keys.generate(uri, 'p-256');
    await Promise.all([sign(key), sign(key), keys.find(uri), sign(key)]);
    expect(token.calls.filter((name) => name === 'SignInit')).toHaveLength(3);
    expect(token.calls.filter((name) => name === 'Initialize')).toHaveLength(1);
  });

  it('may be lost while it is logged in to, too', async () => {
    const token = fakeToken();
    const { keys, refused } = openToken(token);
    token.failNext('Login', 'DEVICE_REMOVED');
    expect((await keys.generate(uri, 'p-256')).isNew).toBe(true);
    expect([...refused]).toEqual([]);
  });

  it('that is full says what to do, and has no half of a key', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    token.failNext('GenerateKeyPair', 'DEVICE_MEMORY');
    await expect(keys.generate(uri, 'p-256')).rejects.toMatchObject({
      ...coded('TOKEN_UNAVAILABLE'),
      hint: expect.stringContaining('is full'),
    });
    expect(token.count()).toBe(0);
  });

  it('that is another one is not taken for it', async () => {
    const { keys } = openToken(fakeToken('t2'));
    await expect(keys.find(uri)).rejects.toMatchObject(coded('TOKEN_UNAVAILABLE'));
    await expect(keys.find('pkcs11:token=t2;serial=9;object=a')).rejects.toThrow('serial=9');
  });

  it('without a login asks for no PIN', async () => {
    const token = fakeToken();
    token.flags = flag.TOKEN_INITIALIZED;
    const { keys, asked } = openToken(token);
    await keys.check(uri);
    expect(asked).toEqual([]);
  });

  it('with a pad of its own gets no PIN from us', async () => {
    const token = fakeToken();
    token.flags |= flag.PROTECTED_AUTHENTICATION_PATH;
    const { keys, refused } = openToken(token, {
      access: async () => ({ modulePath: '/lib/fake.so' }),
    });
    await expect(keys.check(uri)).rejects.toMatchObject(coded('TOKEN_PIN_WRONG'));
    expect(token.pins).toEqual([undefined]);
    // Typed right the second time, at the pad.
    token.cryptoki.C_Login = () => {};
    await keys.check(uri);
    expect([...refused]).toEqual([]);
  });
});

describe('a wrong PIN', () => {
  it('is tried once, and by no process again until somebody does so by hand', async () => {
    const token = fakeToken();
    const first = openToken(token);
    first.pin = '0000';
    for (let i = 0; i < 3; i++) {
      await expect(first.keys.generate(uri, 'p-256')).rejects.toMatchObject(
        coded('TOKEN_PIN_WRONG'),
      );
    }
    expect(token.pins).toEqual(['0000']);

    const second = openToken(token, {}, first.refused);
    await expect(second.keys.find(uri)).rejects.toMatchObject(coded('TOKEN_PIN_WRONG'));
    expect(token.pins).toEqual(['0000']);

    expect(await second.keys.check(uri)).toMatchObject({ label: 't1', serialNumber: '0001' });
    expect([...first.refused]).toEqual([]);
    expect((await second.keys.generate(uri, 'p-256')).isNew).toBe(true);
    expect(token.pins).toEqual(['0000', '1234']);
  });

  it('tried by hand counts, too', async () => {
    const token = fakeToken();
    const desk = openToken(token);
    desk.pin = '0000';
    await expect(desk.keys.check(uri)).rejects.toMatchObject(coded('TOKEN_PIN_WRONG'));
    expect([...desk.refused]).toEqual(['t1']);
  });

  it('that would be the last but one, or the last, is not tried at all', async () => {
    const token = fakeToken();
    const { keys } = openToken(token);
    token.flags |= flag.USER_PIN_FINAL_TRY;
    await expect(keys.find(uri)).rejects.toMatchObject(coded('TOKEN_PIN_WRONG'));
    token.flags |= flag.USER_PIN_LOCKED;
    await expect(keys.check(uri)).rejects.toMatchObject(coded('TOKEN_PIN_WRONG'));
    expect(token.pins).toEqual([]);
  });

  it('that is no text is not tried', async () => {
    const token = fakeToken();
    const { keys } = openToken(token, { pin: async () => Uint8Array.of(0xff, 0x31) });
    await expect(keys.check(uri)).rejects.toMatchObject(coded('SECRET_UNAVAILABLE'));
    expect(token.pins).toEqual([]);
  });

  it('is in no error, whatever goes wrong with it', async () => {
    const token = fakeToken();
    const desk = openToken(token);
    desk.pin = 'secret-pin-4711';
    const error: unknown = await desk.keys.check(uri).catch((thrown: unknown) => thrown);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secret-pin-4711');
  });
});
