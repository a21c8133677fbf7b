import { describe, expect, it } from 'vitest';

import type { NewKeyPair } from '../../src/store/keys-contract.ts';
import type { Store } from '../../src/store/store.ts';
import { at, coded, granted, imported, named, newKey, newTransaction, random } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** What every store does with the certificates that were before, and with names that are given up. */
export function versionsContract(make: () => Promise<StoreUnderTest>): void {
  describe('earlier versions', () => {
    it('stay as three beside the current one, and those before go with their keys', async () => {
      const { store } = await make();
      const all = [];
      for (let i = 0; i < 6; i++) all.push(await granted(store, 'gw1'));
      expect(await versions(store, 'gw1')).toStrictEqual([6, 5, 4, 3]);
      for (const { keyId = 0, version } of all) {
        const found = store.keys.publicKey(keyId).then(
          () => true,
          () => false,
        );
        expect([version, await found]).toStrictEqual([version, version >= 3]);
      }
    });

    it('stay as many as the setting says, of imported ones too', async () => {
      const { store } = await make();
      await store.settings.set('versions-kept', '1');
      for (let i = 0; i < 4; i++) await imported(store, 'vendor');
      await granted(store, 'other');
      expect(await versions(store, 'vendor')).toStrictEqual([4, 3]);
      await store.settings.set('versions-kept', '0');
      await imported(store, 'vendor');
      expect(await versions(store, 'vendor')).toStrictEqual([5]);
      expect(await versions(store, 'other')).toStrictEqual([1]);
    });

    it('leave a key that the current certificate has too', async () => {
      const { store } = await make();
      await store.settings.set('versions-kept', '0');
      const { keyId = 0 } = await granted(store, 'gw1');
      const again = await granted(store, 'gw1', [], { key: { id: keyId } });
      expect(again.keyId).toBe(keyId);
      expect(await store.keys.publicKey(keyId)).toMatchObject({ id: keyId });
    });

    it('stay while a request is signed with one of them', async () => {
      const { store } = await make();
      await store.settings.set('versions-kept', '0');
      const { id } = await granted(store, 'gw1');
      await store.transactions.open(
        newTransaction({
          name: named('gw2'),
          operation: 'cr',
          credential: { type: 'signature', certificateId: id },
          previousCertificateId: id,
        }),
        [],
      );
      await granted(store, 'gw1');
      expect(await versions(store, 'gw1')).toStrictEqual([2, 1]);
    });

    it('go on counting where they were', async () => {
      const { store } = await make();
      await store.settings.set('versions-kept', '0');
      await granted(store, 'gw1');
      await granted(store, 'gw1');
      expect((await granted(store, 'gw1')).version).toBe(3);
    });
  });

  describe('a key whose request came to nothing', () => {
    it('stays for 400 days, since it may have been certified', async () => {
      const { store } = await make();
      const key = await rejected(store, 'gw1', 0);
      await rejected(store, 'gw2', 400);
      expect(await store.keys.findBySpki(key.spki)).toBeDefined();
      await rejected(store, 'gw2', 401);
      expect(await store.keys.findBySpki(key.spki)).toBeUndefined();
    });

    it('stays for good when it is used by then', async () => {
      const { store } = await make();
      const key = await rejected(store, 'gw1', 0);
      await granted(store, 'gw1', [], { key });
      await rejected(store, 'gw2', 900);
      expect(await store.keys.findBySpki(key.spki)).toBeDefined();
    });
  });

  describe('a name that is removed', () => {
    it('is gone with its versions, keys, deployments, hook, settings and key request', async () => {
      const { store } = await make();
      const name = named('gw1');
      const { keyId = 0 } = await granted(store, 'gw1');
      await granted(store, 'gw1');
      const other = await granted(store, 'gw2');
      await store.deployments.put(name, {
        label: named('web'),
        files: [{ kind: 'cert', path: '/etc/x.pem' }],
      });
      await store.deployments.putHook(name, { command: ['/bin/true'], timeoutSeconds: 9 });
      await store.nameSettings.set(name, 'key', 'reuse');
      const request = { name, key: newKey(), request: random.bytes(9), at: at(1) };
      const waiting = await store.keyRequests.put(request, false);

      expect(await store.certificates.remove('gw1')).toBe(2);
      expect(await versions(store, 'gw1')).toStrictEqual([]);
      await expect(store.keys.publicKey(keyId)).rejects.toThrow('Cannot find key');
      await expect(store.keys.publicKey(waiting.keyId)).rejects.toThrow('Cannot find key');
      expect(await store.deployments.list('gw1')).toStrictEqual([]);
      expect(await store.deployments.hook('gw1')).toBeUndefined();
      expect(await store.nameSettings.get('gw1', 'key')).toBeUndefined();
      expect(await store.keyRequests.get('gw1')).toBeUndefined();
      expect(await store.certificates.current('gw2')).toMatchObject({ id: other.id });
    });

    it('stays whole while something is outstanding that is signed with it', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      await store.transactions.open(
        newTransaction({
          name: named('gw2'),
          operation: 'cr',
          credential: { type: 'signature', certificateId: id },
        }),
        [],
      );
      for (const name of ['gw1', 'gw2']) {
        await expect(store.certificates.remove(name)).rejects.toThrow(
          expect.objectContaining(coded('STORE_CONFLICT')),
        );
      }
      expect(await store.certificates.current('gw1')).toMatchObject({ id });
    });
  });

  describe('a certificate that is moved', () => {
    it('is renewed with the other CA, at its address', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      const moved = await store.certificates.move(id, named('new'));
      expect(moved).toMatchObject({ id, ca: 'new', status: 'current' });
      expect(moved).not.toHaveProperty('url');
      expect(await store.certificates.current('gw1')).toStrictEqual(moved);
    });

    it('is not moved any more when another has taken its place', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      await granted(store, 'gw1');
      await expect(store.certificates.move(id, named('new'))).rejects.toThrow(
        expect.objectContaining(coded('STORE_CONFLICT')),
      );
    });
  });
}

async function versions(store: Store, name: string): Promise<readonly number[]> {
  return (await store.certificates.versions(name)).map(({ version }) => version);
}

/** Have a request rejected, so many days after the first one. */
async function rejected(store: Store, name: string, days: number): Promise<NewKeyPair> {
  const openedAt = at(days * 86_400);
  const key = newKey();
  const opened = await store.transactions.open(
    newTransaction({ name: named(name), key, openedAt, deadline: at((days + 1) * 86_400) }),
    [],
  );
  await store.transactions.finish(opened, { type: 'rejected', text: 'no' }, openedAt, []);
  return key;
}
