import { describe, expect, it } from 'vitest';
import { keyPolicyOf, setKeyPolicy } from '../../src/lifecycle/key-policy.ts';
import { certStoreKey } from '../../src/lifecycle/setting-keys.ts';
import { update } from '../../src/lifecycle/update.ts';
import { initialized, issued, makeSite, named } from './site.ts';

const name = named('gw1');
const now = { current: name, waitSeconds: 60 };

describe('the key of an update', () => {
  it.each([
    // global, of the certificate, in the command → kept
    [undefined, undefined, undefined, false],
    ['reuse', undefined, undefined, true],
    [undefined, 'reuse', undefined, true],
    ['reuse', 'new', undefined, false],
    [undefined, 'new', 'reuse', true],
    ['reuse', 'new', 'reuse', true],
    ['reuse', 'reuse', 'generate', false],
  ] as const)(
    'with %s for all, %s for the certificate and %s in the command: kept is %s',
    async (global, own, said, isKept) => {
      const site = await makeSite();
      const { certificate: old } = await initialized(site);
      if (global !== undefined) await site.store.settings.set(certStoreKey, global);
      await setKeyPolicy(site.store, name, own);
      const key =
        said === 'generate'
          ? ({ type: 'generate', keyType: 'p-384' } as const)
          : said && ({ type: 'reuse' } as const);
      const { certificate } = issued(await update(site.context, { ...now, ...(key && { key }) }));
      expect(certificate.keyId === old.keyId).toBe(isKept);
    },
  );

  it('is as set for all again once nothing is set for the certificate', async () => {
    const { store } = await makeSite();
    expect(await keyPolicyOf(store, 'gw1')).toEqual({ policy: 'new', from: 'usual' });
    await store.settings.set(certStoreKey, 'reuse');
    await setKeyPolicy(store, name, 'new');
    expect(await keyPolicyOf(store, 'gw1')).toEqual({ policy: 'new', from: 'certificate' });
    expect(await keyPolicyOf(store, 'gw2')).toEqual({ policy: 'reuse', from: 'global' });
    await setKeyPolicy(store, name, undefined);
    expect(await keyPolicyOf(store, 'gw1')).toEqual({ policy: 'reuse', from: 'global' });
  });
});
