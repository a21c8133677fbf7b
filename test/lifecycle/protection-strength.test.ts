import { describe, expect, it } from 'vitest';
import type { KeyType } from '../../src/crypto/keys.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { coded, initialized, makeSite, named, request, sharedKey, wanted } from './site.ts';

async function warningsOf(signer: KeyType, keyType: KeyType): Promise<readonly string[]> {
  const site = await makeSite();
  const key = { type: 'given', key: await sharedKey(signer) } as const;
  await initialized(site, { key });
  const before = site.warnings.length;
  const result = await enroll(site.context, {
    current: named('gw1'),
    name: named('gw2'),
    wanted: wanted('CN=gw2,O=Test'),
    key: { type: 'given', key: await sharedKey(keyType) },
    waitSeconds: 60,
  });
  expect(result.type).toBe('issued');
  return site.warnings.slice(before);
}

describe('a request that is protected by less than its key is worth', () => {
  it.each([
    ['rsa-2048', 'p-256'],
    ['p-256', 'p-384'],
    ['p-384', 'p-521'],
    ['ed25519', 'ed448'],
  ] as const)('is warned of: signed with %s, for %s [P12]', async (signer, keyType) => {
    const [warning, ...others] = await warningsOf(signer, keyType);
    expect(warning).toContain(`${signer} (at most`);
    expect(warning).toContain(`weaker than the key it is for: ${keyType}`);
    expect(others).toEqual([]);
  });

  it('is warned of under a secret that is too short, without a word of it [P12]', async () => {
    const site = await makeSite();
    const secret = new TextEncoder().encode('sesame99');
    const credential = { type: 'mac', secret } as const;
    await initialize(site.context, request({ credential }));
    expect(site.warnings[0]).toContain('a secret of 8 octets (at most 64 bits of security)');
    expect(site.warnings.join()).not.toContain('sesame99');
  });
});

describe('a request that is protected by too little where the CA profile refuses that', () => {
  it('is not sent, and nothing of it stored [P12]', async () => {
    const site = await makeSite({ profile: { weakProtection: 'refuse' } });
    await initialized(site, { key: { type: 'given', key: await sharedKey('p-256') } });
    const before = site.sent.length;
    const asking = enroll(site.context, {
      current: named('gw1'),
      name: named('gw2'),
      wanted: wanted('CN=gw2,O=Test'),
      key: { type: 'given', key: await sharedKey('p-384') },
      waitSeconds: 60,
    });
    await expect(asking).rejects.toMatchObject(coded('KEY_UNUSABLE'));
    expect(site.sent).toHaveLength(before);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });
});

describe('a request that is protected by as much as its key is worth', () => {
  it.each([
    ['p-256', 'p-256'],
    ['p-256', 'rsa-2048'],
    ['p-521', 'p-384'],
  ] as const)('is not warned of: signed with %s, for %s [P12]', async (signer, keyType) => {
    expect(await warningsOf(signer, keyType)).toEqual([]);
  });
});
