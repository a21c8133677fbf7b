import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { certStoreLocation } from '../../src/lifecycle/setting-keys.ts';
import {
  bodies,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  outstanding,
  request,
  wanted,
  type Site,
} from './site.ts';

const name = named('gw1');
const now = { name, waitSeconds: 0 };

async function waitingSite(settings: Parameters<typeof makeSite>[0] = {}): Promise<Site> {
  const site = await makeSite({ lab: { approval: 'manual', checkAfterSeconds: 600 }, ...settings });
  expect((await initialize(site.context, request({ waitSeconds: 0 }))).type).toBe('waiting');
  return site;
}

async function approve({ lab }: Site): Promise<void> {
  for (const { id, phase } of await lab.requests()) if (phase === 'waiting') await lab.approve(id);
}

describe('poll()', () => {
  it('goes on in another process, by hand before the time the CA named [L4]', async () => {
    const site = await waitingSite();
    await approve(site);
    const later = await site.open();
    const { certificate, files } = issued(await poll(later, now));
    expect(certificate).toMatchObject({ name, version: 1, status: 'current' });
    expect(files).toHaveLength(3);
    expect(site.clock.slept).toEqual([]);
    expect(await site.lab.issuedCount()).toBe(1);
  });

  it('says again that the CA waits, with its text, and counts the polls [L3]', async () => {
    const site = await waitingSite();
    const first = await outstanding(site.store);
    expect(await poll(site.context, now)).toMatchObject({
      type: 'waiting',
      polls: first.polls + 1,
    });
    expect(await poll(await site.open(), now)).toMatchObject({
      type: 'waiting',
      polls: first.polls + 2,
      text: 'The request waits for approval',
    });
    const counters = (await site.store.statistics.read()).counters;
    expect(counters.find(({ counter }) => counter === 'polls')?.value).toBe(first.polls + 2);
  });

  it('reports a request that was denied, and closes it', async () => {
    const site = await waitingSite();
    const [waiting] = await site.lab.requests();
    await site.lab.deny(waiting?.id ?? 0, 'Not in the inventory');
    expect(await poll(site.context, now)).toMatchObject({ type: 'rejected' });
    expect(await site.store.history.list()).toMatchObject([
      {
        result: 'rejected',
        failInfo: ['notAuthorized'],
        text: expect.stringContaining('Not in the inventory'),
      },
    ]);
    expect(await site.store.transactions.outstanding()).toEqual([]);
    await expect(poll(site.context, now)).rejects.toMatchObject(coded('CERT_UNKNOWN'));
  });

  it('waits by schedule after the first poll', async () => {
    const site = await makeSite({ lab: { polls: 3, checkAfterSeconds: 20 } });
    await initialize(site.context, request({ waitSeconds: 0 }));
    expect(await poll(site.context, { name, waitSeconds: 60 })).toMatchObject({ type: 'issued' });
    expect(site.clock.slept).toEqual([20_000, 20_000]);
  });

  it('never polls faster than the profile says [L2]', async () => {
    const site = await makeSite({ lab: { polls: 2, checkAfterSeconds: 0 } });
    await initialized(site);
    expect(site.clock.slept).toEqual([5000, 5000]);
  });

  it('takes a final answer with the nonce of the request that was delayed [L11]', async () => {
    const site = await makeSite({ lab: { polls: 1, delayedNonce: 'request' } });
    expect(await initialized(site)).toMatchObject({ type: 'issued' });
  });

  it('goes on after a pause beyond the deadline, which moves with it', async () => {
    const site = await waitingSite({ profile: { transactionDeadlineSeconds: 3600 } });
    const { deadline } = await outstanding(site.store);
    await site.clock.advance(30 * 86_400);
    expect(await poll(site.context, now)).toMatchObject({ type: 'waiting' });
    const { deadline: later } = await outstanding(site.store);
    expect(later.getTime() - deadline.getTime()).toBeGreaterThan(29 * 86_400_000);
    expect(later.getTime()).toBeLessThanOrEqual(site.clock.now().getTime() + 3_600_000);
    await approve(site);
    expect(await poll(site.context, now)).toMatchObject({ type: 'issued' });
  });

  it('stops following at the deadline even when it was told to wait longer [L4]', async () => {
    const site = await waitingSite({ profile: { transactionDeadlineSeconds: 3600 } });
    expect(await poll(site.context, { name, waitSeconds: 86_400 })).toMatchObject({
      type: 'expired',
    });
    expect(await site.store.history.list()).toMatchObject([{ result: 'failed' }]);
    await expect(poll(site.context, now)).rejects.toMatchObject(coded('CERT_UNKNOWN'));
  });

  it('goes on waiting when the CA cannot be reached', async () => {
    const site = await waitingSite();
    site.setWire(async () => {
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot reach "lab.example"');
    });
    await expect(poll(site.context, now)).rejects.toMatchObject(coded('NETWORK_UNREACHABLE'));
    expect(await outstanding(site.store)).toMatchObject({ phase: 'waiting' });
    site.setWire();
    await approve(site);
    expect(await poll(site.context, now)).toMatchObject({ type: 'issued' });
  });

  it('finds a request by the name of the certificate it was signed with', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ approval: 'manual' });
    const further = {
      current: name,
      name: named('web'),
      wanted: wanted('CN=web'),
      key: { type: 'generate', keyType: 'p-256' },
      waitSeconds: 0,
    } as const;
    await enroll(site.context, further);
    await approve(site);
    expect(issued(await poll(site.context, now)).certificate.name).toBe('web');

    await enroll(site.context, { ...further, name: named('a') });
    await enroll(site.context, { ...further, name: named('b') });
    await expect(poll(site.context, now)).rejects.toMatchObject(coded('TRANSACTION_OUTSTANDING'));
    expect(await poll(site.context, { name: named('b'), waitSeconds: 0 })).toMatchObject({
      type: 'waiting',
      name: 'b',
    });
  });

  it('has nothing to do for a certificate that is delivered', async () => {
    const site = await makeSite();
    await initialized(site);
    expect(await poll(site.context, now)).toMatchObject({ type: 'settled' });
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
  });

  it('says CERT_UNKNOWN for a name nobody asked for', async () => {
    const site = await makeSite();
    await expect(poll(site.context, now)).rejects.toMatchObject(coded('CERT_UNKNOWN'));
  });
});

describe('a delivery that fails', () => {
  it('leaves the certificate current, and poll() writes its files later', async () => {
    const site = await makeSite();
    // A file where the directory should be: that fails for root too.
    writeFileSync(site.certs, '');
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('DELIVERY_FAILED'),
    );
    expect(await site.store.certificates.current('gw1')).toMatchObject({
      status: 'current',
      deliveryError: expect.stringContaining('not a directory'),
    });
    expect(await site.store.transactions.outstanding()).toEqual([]);

    await expect(poll(site.context, now)).rejects.toMatchObject(coded('DELIVERY_FAILED'));
    const elsewhere = `${site.certs}-elsewhere`;
    mkdirSync(elsewhere);
    chmodSync(elsewhere, 0o700);
    await site.store.settings.set(certStoreLocation, elsewhere);
    const result = await poll(await site.open(), now);
    expect(result).toMatchObject({ type: 'delivered' });
    expect(await site.store.certificates.current('gw1')).toMatchObject({ directory: elsewhere });
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    expect(await poll(site.context, now)).toMatchObject({ type: 'settled' });
  });
});

describe('two processes that poll at once', () => {
  it.each([0, 1, 2])('get one certificate, with %i polls to come', async (polls) => {
    const site = await makeSite({ lab: { polls, approval: 'manual', checkAfterSeconds: 5 } });
    await initialize(site.context, request({ waitSeconds: 0 }));
    await approve(site);
    const [first, second] = [await site.open(), await site.open()];
    const asked = { name, waitSeconds: 60 };
    const results = await Promise.allSettled([poll(first, asked), poll(second, asked)]);

    const reasons = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(
      reasons.filter(({ code }) => code !== 'STORE_CONFLICT' && code !== 'IN_PROGRESS'),
    ).toEqual([]);
    const after = await poll(site.context, asked);
    expect(['settled', 'issued', 'delivered']).toContain(after.type);
    expect(await site.lab.issuedCount()).toBe(1);
    const [ofLab] = await site.lab.certificates();
    expect((await site.store.certificates.current('gw1'))?.der).toEqual(ofLab?.der);
    expect(ofLab?.status).toBe('current');
    expect(site.files().size).toBe(3);
    expect(await site.store.certificates.versions('gw1')).toHaveLength(1);
  });
});
