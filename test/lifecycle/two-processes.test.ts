import { describe, expect, it } from 'vitest';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { coded, initialized, makeSite, named, request, type Site } from './site.ts';

/** A process that takes so long to make its key that another does its whole work meanwhile. */
function slow(site: Site, meanwhile: () => Promise<unknown>): Site['context'] {
  let isDone = false;
  return {
    ...site.context,
    async keys() {
      if (!isDone) {
        isDone = true;
        await meanwhile();
      }
      return softwareKeys;
    },
  };
}

describe('of two processes that do the same at once', () => {
  it('one initializes, and the other is told', async () => {
    const site = await makeSite();
    const other = await site.open();
    const context = slow(site, () => initialize(other, request()));
    await expect(initialize(context, request())).rejects.toMatchObject(coded('STORE_CONFLICT'));
    expect(await site.lab.issuedCount()).toBe(1);
    expect(await site.store.certificates.versions('gw1')).toHaveLength(1);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('one updates, and the other is told', async () => {
    const site = await makeSite();
    await initialized(site);
    const other = await site.open();
    const again = { current: named('gw1'), waitSeconds: 0 };
    const context = slow(site, () => update(other, again));
    await expect(update(context, again)).rejects.toMatchObject(coded('STORE_CONFLICT'));
    expect(await site.lab.issuedCount()).toBe(2);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
  });

  it('one begins, and the other is told that it is outstanding', async () => {
    const site = await makeSite({ lab: { approval: 'manual' } });
    const other = await site.open();
    const waiting = request({ waitSeconds: 0 });
    const context = slow(site, () => initialize(other, waiting));
    await expect(initialize(context, waiting)).rejects.toMatchObject(
      coded('TRANSACTION_OUTSTANDING'),
    );
    expect(await site.lab.requests()).toHaveLength(1);
  });
});
