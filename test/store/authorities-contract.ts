import { describe, expect, it } from 'vitest';

import { bareProfile, profile, random } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** The part of `storeContract` that is about CA profiles. */
export function authoritiesContract(make: () => Promise<StoreUnderTest>): void {
  describe('authorities', () => {
    it('give back a profile with every field as it was put', async () => {
      const { store } = await make();
      const full = profile();
      const bare = bareProfile();

      await store.authorities.put(full);
      await store.authorities.put(bare);

      expect(await store.authorities.get('lab')).toStrictEqual(full);
      expect(await store.authorities.list()).toStrictEqual([bare, full]);
      expect(await store.authorities.get('none')).toBeUndefined();
    });

    it('keep the secret of a profile that is put again without one, and remove it for null', async () => {
      const { store } = await make();
      const secret = random.bytes(20);
      await store.authorities.put(profile(), secret);
      await store.authorities.put(profile({ url: 'http://other.example/', roots: [] }));

      expect((await store.authorities.get('lab'))?.roots).toStrictEqual([]);
      expect(await store.authorities.secret('lab')).toStrictEqual(secret);

      await store.authorities.put(profile(), null);
      expect(await store.authorities.secret('lab')).toBeUndefined();
    });

    it('keep the password for the proxy apart from the secret', async () => {
      const { store, reopen } = await make();
      const secret = random.bytes(20);
      const password = random.bytes(12);
      await store.authorities.put(profile(), secret, password);
      await store.authorities.put(profile(), undefined);
      const again = await reopen();

      expect(await again.authorities.proxyPassword('lab')).toStrictEqual(password);
      expect(await again.authorities.secret('lab')).toStrictEqual(secret);
      expect(await again.authorities.proxyPassword('none')).toBeUndefined();

      await store.authorities.put(profile(), undefined, null);
      expect(await store.authorities.proxyPassword('lab')).toBeUndefined();
      expect(await store.authorities.secret('lab')).toStrictEqual(secret);
    });

    it('forget with an anchor what the CA said: another one may follow under the same label', async () => {
      const { store } = await make();
      const first = profile();
      const { label: ca, roots } = first;
      await store.authorities.put(first);
      await store.authorities.putRequestTemplate('lab', random.bytes(22));
      const crl = { ca, issuer: random.bytes(9), der: random.bytes(9) };
      await store.crls.put({ ...crl, thisUpdate: new Date(0), fetchedAt: new Date(0) });

      await store.authorities.put(profile({ roots: [...roots, random.bytes(30)], pvno: 3 }));
      expect(await store.authorities.requestTemplate('lab')).toBeDefined();
      expect(await store.crls.list('lab')).toHaveLength(1);
      await store.authorities.put(profile({ roots: [random.bytes(30)] }));
      expect(await store.authorities.requestTemplate('lab')).toBeUndefined();
      expect(await store.crls.list('lab')).toStrictEqual([]);
    });

    it('tell what is kept beside a profile', async () => {
      const { store } = await make();
      expect(await store.authorities.kept('lab')).toBeUndefined();
      await store.authorities.put(profile());
      const nothing = { secret: false, proxyPassword: false, requestTemplate: false };
      expect(await store.authorities.kept('lab')).toStrictEqual(nothing);
      await store.authorities.put(profile(), random.bytes(20), random.bytes(21));
      await store.authorities.putRequestTemplate('lab', random.bytes(22));
      const all = { secret: true, proxyPassword: true, requestTemplate: true };
      expect(await store.authorities.kept('lab')).toStrictEqual(all);
    });

    it('remove a profile with all that is kept for it', async () => {
      const { store } = await make();
      const { label: ca } = profile();
      await store.authorities.put(profile(), random.bytes(20), random.bytes(21));
      await store.authorities.putRequestTemplate('lab', random.bytes(22));
      const crl = { ca, issuer: random.bytes(9), der: random.bytes(9) };
      await store.crls.put({ ...crl, thisUpdate: new Date(0), fetchedAt: new Date(0) });

      expect(await store.authorities.remove('lab')).toBe(true);
      expect(await store.authorities.remove('lab')).toBe(false);
      await store.authorities.put(profile({ roots: [] }));
      expect((await store.authorities.get('lab'))?.roots).toStrictEqual([]);
      expect(await store.authorities.secret('lab')).toBeUndefined();
      expect(await store.authorities.proxyPassword('lab')).toBeUndefined();
      expect(await store.authorities.requestTemplate('lab')).toBeUndefined();
      expect(await store.crls.list('lab')).toStrictEqual([]);
    });
  });

  describe('authorities.addRoot()', () => {
    it('adds an anchor to the profile as it is now, once', async () => {
      const { store, reopen } = await make();
      const secret = random.bytes(20);
      const put = profile({ trustCapubs: true });
      await store.authorities.put(put, secret);
      const [one, two] = [random.bytes(40), random.bytes(41)];

      expect(
        await Promise.all([
          store.authorities.addRoot('lab', one),
          (await reopen()).authorities.addRoot('lab', two),
        ]),
      ).toStrictEqual(['added', 'added']);
      expect(await store.authorities.addRoot('lab', one)).toBe('known');
      const after = await store.authorities.get('lab');
      expect(after?.roots).toHaveLength(put.roots.length + 2);
      expect(after).toStrictEqual({ ...put, roots: after?.roots });
      expect(await store.authorities.secret('lab')).toStrictEqual(secret);
    });

    it('adds none to a profile that does not trust caPubs, or is gone', async () => {
      const { store } = await make();
      const put = profile({ trustCapubs: false, trustFirstUse: true });
      await store.authorities.put(put);

      expect(await store.authorities.addRoot('lab', random.bytes(40))).toBe('untrusted');
      expect(await store.authorities.addRoot('none', random.bytes(40))).toBe('untrusted');
      expect(await store.authorities.list()).toStrictEqual([put]);
    });
  });

  describe('authorities.addRoot() on first use', () => {
    it('adds the first anchor, and no second [C7]', async () => {
      const { store, reopen } = await make();
      const put = profile({ roots: [], trustCapubs: false, trustFirstUse: true });
      await store.authorities.put(put);
      const [one, two] = [random.bytes(40), random.bytes(41)];

      const outcomes = await Promise.all([
        store.authorities.addRoot('lab', one),
        (await reopen()).authorities.addRoot('lab', two),
      ]);
      expect(outcomes.toSorted()).toStrictEqual(['added', 'untrusted']);
      expect((await store.authorities.get('lab'))?.roots).toHaveLength(1);
    });
  });

  describe('authorities.replaceRoots()', () => {
    it('adds and removes anchors of the profile as it is now, and none twice', async () => {
      const { store } = await make();
      const [old, kept, fresh] = [random.bytes(40), random.bytes(41), random.bytes(42)];
      const put = profile({ roots: [old, kept] });
      await store.authorities.put(put);

      const change = { add: [fresh, kept, fresh], remove: [old] };
      const after = { ...put, roots: [kept, fresh] };
      expect(await store.authorities.replaceRoots('lab', change)).toStrictEqual(after);
      expect(await store.authorities.get('lab')).toStrictEqual(after);
      expect(await store.authorities.replaceRoots('none', change)).toBeUndefined();
    });
  });

  describe('authorities.putRequestTemplate()', () => {
    it('keeps what a CA asks of requests, also when its profile is put again, until it is forgotten', async () => {
      const { store } = await make();
      const same = profile();
      const template = random.bytes(50);
      await store.authorities.put(same);

      expect(await store.authorities.requestTemplate('lab')).toBeUndefined();
      expect(await store.authorities.putRequestTemplate('lab', template)).toBe(true);
      await store.authorities.put(same);
      expect(await store.authorities.requestTemplate('lab')).toStrictEqual(template);
      expect(await store.authorities.putRequestTemplate('lab', undefined)).toBe(true);
      expect(await store.authorities.requestTemplate('lab')).toBeUndefined();
      expect(await store.authorities.putRequestTemplate('none', template)).toBe(false);
    });
  });
}
