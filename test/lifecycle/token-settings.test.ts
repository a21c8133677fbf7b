import { describe, expect, it } from 'vitest';
import {
  listTokens,
  pinRefusals,
  putToken,
  removeToken,
  tokenAccess,
} from '../../src/lifecycle/token-settings.ts';
import { coded, makeSite } from './site.ts';

const t1 = { token: 't1', modulePath: '/lib/one.so', pinSource: 'file:/pin' };
const t2 = { token: 'My token', modulePath: '/lib/two.so' };

describe('the settings of tokens', () => {
  it('come back as they were put, in the order of their labels, and go', async () => {
    const { store } = await makeSite();
    expect(await listTokens(store)).toEqual([]);
    await putToken(store, t1);
    await putToken(store, t2);
    expect(await listTokens(store)).toEqual([t2, t1]);

    const { pinSource: _, ...bare } = { ...t1, modulePath: '/lib/new.so' };
    await putToken(store, bare);
    expect(await listTokens(store)).toEqual([t2, bare]);
    expect(await removeToken(store, 't1')).toBe(true);
    expect(await removeToken(store, 't1')).toBe(false);
    expect(await listTokens(store)).toEqual([t2]);
  });

  it('say how the token of a URI is got at, unless the URI does', async () => {
    const { store } = await makeSite();
    await putToken(store, t1);
    const { token, ...access } = t1;
    expect(await tokenAccess(store, { token })).toEqual(access);
    // The only one there is.
    expect(await tokenAccess(store, { object: 'gw1' })).toEqual(access);
    expect(await tokenAccess(store, { token, pinSource: 'env:PIN' })).toEqual({
      ...access,
      pinSource: 'env:PIN',
    });
    const elsewhere = { token: 't9', modulePath: '/x.so' };
    expect(await tokenAccess(store, elsewhere)).toEqual({ modulePath: '/x.so' });

    await putToken(store, t2);
    for (const unclear of [{ object: 'gw1' }, { token: 't9' }, { serial: '1' }]) {
      await expect(tokenAccess(store, unclear)).rejects.toMatchObject(coded('CONFIG_INVALID'));
    }
  });

  it('remember a PIN that was not taken, for all processes, until it is or the token is set up anew', async () => {
    const { store, clock, open } = await makeSite();
    await putToken(store, t1);
    const refusals = pinRefusals(store.settings, clock);
    expect(await refusals.find('t1')).toBeUndefined();
    await refusals.remember('t1');
    const other = pinRefusals((await open()).store.settings, clock);
    expect(await other.find('t1')).toEqual(clock.now());
    expect(await other.find('t2')).toBeUndefined();
    expect(await listTokens(store)).toMatchObject([{ pinRefusedAt: clock.now() }]);

    await other.forget('t1');
    expect(await refusals.find('t1')).toBeUndefined();
    await refusals.remember('t1');
    await putToken(store, t1);
    expect(await refusals.find('t1')).toBeUndefined();
  });
});
