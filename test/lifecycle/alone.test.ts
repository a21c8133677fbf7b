import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import type { Store } from '../../src/store/store.ts';
import { initialized, makeSite, named, request } from './site.ts';

/** A promise and what settles it: a CA that answers when the test says so. */
function gate(): {
  readonly opened: Promise<void>;
  readonly reached: Promise<void>;
  open(): void;
  reach(): void;
} {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    opened: opened.promise,
    reached: reached.promise,
    open: opened.resolve,
    reach: reached.resolve,
  };
}

/** Give no lease back, as on a store that is locked. */
const release = () => Promise.reject(new CertError('STORE_LOCKED', 'Cannot write "store.db"'));

describe('while one command works on a name', () => {
  it.each(['initialize', 'poll', 'update'] as const)('another %s is refused', async (command) => {
    const site = await makeSite({ othersLive: true });
    if (command === 'update') await initialized(site);
    const { opened, reached, open, reach } = gate();
    site.setWire(async (der, lab) => {
      reach();
      await opened;
      return lab(der);
    });
    const name = named('gw1');
    const first =
      command === 'update'
        ? update(site.context, { current: name, waitSeconds: 0 })
        : initialize(site.context, request());
    await reached;

    const other = await site.open();
    const second = {
      initialize: () => initialize(other, request()),
      poll: () => poll(other, { name, waitSeconds: 0 }),
      update: () => update(other, { current: name, waitSeconds: 0 }),
    }[command]();
    await expect(second).rejects.toMatchObject({
      code: 'IN_PROGRESS',
      message: expect.stringContaining('process 1 has been at it since'),
    });
    open();
    expect(await first).toMatchObject({ type: 'issued' });
    expect(await site.lab.issuedCount()).toBe(command === 'update' ? 2 : 1);
  });

  it('another name is nobody’s business', async () => {
    const site = await makeSite({ othersLive: true });
    const { opened, reached, open, reach } = gate();
    site.setWire(async (der, lab) => {
      reach();
      await opened;
      return lab(der);
    });
    const first = initialize(site.context, request());
    await reached;
    site.setWire();
    const other = await site.open();
    const others = await initialize(other, request({ name: named('gw2') }));
    expect(others).toMatchObject({ type: 'issued' });
    open();
    expect(await first).toMatchObject({ type: 'issued' });
  });
});

describe('a name', () => {
  it('is free again after a command that failed', async () => {
    const site = await makeSite({ othersLive: true });
    site.setWire(async () => new Uint8Array([0x30, 0x00]));
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      code: 'DER_MALFORMED',
    });
    site.setWire();
    expect(await initialize(site.context, request())).toMatchObject({ type: 'issued' });
  });

  it('is taken over from a process that is no more', async () => {
    const site = await makeSite();
    const never = Promise.withResolvers<Uint8Array>();
    const { reached, reach } = gate();
    site.setWire(() => {
      reach();
      return never.promise;
    });
    void initialize(site.context, request());
    await reached;
    site.setWire();
    expect(await poll(await site.open(), { name: named('gw1'), waitSeconds: 0 })).toMatchObject({
      type: 'issued',
    });
  });

  it('is not taken over from a process of which nothing can be told, before its time is over', async () => {
    const site = await makeSite();
    const never = Promise.withResolvers<Uint8Array>();
    const { reached, reach } = gate();
    site.setWire(() => {
      reach();
      return never.promise;
    });
    void initialize(site.context, request({ waitSeconds: 60 }));
    await reached;
    site.setWire();
    const unknowing = async () => ({
      ...(await site.open()),
      livenessOf: () => 'unknown' as const,
    });
    await expect(
      poll(await unknowing(), { name: named('gw1'), waitSeconds: 0 }),
    ).rejects.toMatchObject({
      code: 'IN_PROGRESS',
      hint: expect.stringContaining('certkeeper clear cmp cert-name gw1'),
    });
    await site.clock.advance(3661);
    expect(await poll(await unknowing(), { name: named('gw1'), waitSeconds: 0 })).toMatchObject({
      type: 'issued',
    });
  });

  it('is given back although the command could not say so in the store, and to the same process at once', async () => {
    const site = await makeSite({ othersLive: true });
    const { store } = site.context;
    const context = { ...site.context, store: { ...store, leases: { ...store.leases, release } } };

    expect(await initialize(context, request())).toMatchObject({ type: 'issued' });
    expect(site.warnings).toEqual([expect.stringContaining('Cannot write "store.db"')]);
    expect(await update(site.context, { current: named('gw1'), waitSeconds: 0 })).toMatchObject({
      type: 'issued',
    });
  });

  it('keeps the error of a command that could not give it back', async () => {
    const site = await makeSite();
    const { store } = site.context;
    const context = { ...site.context, store: { ...store, leases: { ...store.leases, release } } };
    site.setWire(async () => new Uint8Array([0x30, 0x00]));
    await expect(initialize(context, request())).rejects.toMatchObject({ code: 'DER_MALFORMED' });
  });
});

describe('a command that held a name for too long', () => {
  it('delivers nothing after another process has taken the name over', async () => {
    const site = await makeSite({ othersLive: true });
    const other = await site.open();
    const { store } = site.context;
    // The machine sleeps between the last write and the delivery; meanwhile another process does the rest.
    const get: Store['settings']['get'] = async (key) => {
      await site.clock.advance(3661);
      await poll(other, { name: named('gw1'), waitSeconds: 0 });
      return store.settings.get(key);
    };
    const context = { ...site.context, store: { ...store, settings: { ...store.settings, get } } };

    await expect(initialize(context, request())).rejects.toMatchObject({
      code: 'IN_PROGRESS',
      message: expect.stringContaining('took the name over'),
    });
    expect(site.files().size).toBe(3);
    expect(await site.store.certificates.pendingDelivery()).toEqual([]);
    expect(await update(other, { current: named('gw1'), waitSeconds: 0 })).toMatchObject({
      type: 'issued',
    });
  });

  it('delivers when nobody did', async () => {
    const site = await makeSite({ othersLive: true });
    const { store } = site.context;
    const get: Store['settings']['get'] = async (key) => {
      await site.clock.advance(3661);
      return store.settings.get(key);
    };
    const context = { ...site.context, store: { ...store, settings: { ...store.settings, get } } };
    expect(await initialize(context, request())).toMatchObject({ type: 'issued' });
    expect(site.files().size).toBe(3);
  });
});
