import { describe, expect, it } from 'vitest';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import {
  bodies,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  request,
  wanted,
  type Site,
} from './site.ts';

const name = named('gw1');

/** End a process when it is about to put files. */
async function undelivered(site: Site, work: (context: Site['context']) => Promise<unknown>) {
  const context = {
    ...site.context,
    deliver: () => Promise.reject(new Error('killed')),
  };
  await expect(work(context)).rejects.toThrow('killed');
}

describe('a process that was killed between activation and delivery', () => {
  it('is finished by poll()', async () => {
    const site = await makeSite();
    await undelivered(site, (context) => initialize(context, request()));
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'delivered' });
    expect(site.files().size).toBe(3);
  });

  it('is finished by initialize() again', async () => {
    const site = await makeSite();
    await undelivered(site, (context) => initialize(context, request()));
    const { files, transactionID } = await initialized(site);
    expect(files).toHaveLength(3);
    expect(transactionID).toMatch(/^[0-9a-f]{32}$/);
    expect(site.files().size).toBe(3);
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    await expect(initialize(site.context, request())).rejects.toMatchObject(coded('CERT_EXISTS'));
  });

  it('is not finished by initialize() for another subject', async () => {
    const site = await makeSite();
    await undelivered(site, (context) => initialize(context, request()));
    const other = request({ wanted: wanted('CN=gw2') });
    await expect(initialize(site.context, other)).rejects.toMatchObject(coded('CERT_EXISTS'));
    expect(site.files().size).toBe(0);
  });

  it('is finished by enroll() again', async () => {
    const site = await makeSite();
    await initialized(site);
    const further = {
      current: name,
      name: named('web'),
      wanted: wanted('CN=web'),
      key: { type: 'generate', keyType: 'p-256' },
      waitSeconds: 0,
    } as const;
    await undelivered(site, (context) => enroll(context, further));
    issued(await enroll(site.context, further));
    expect(await site.lab.issuedCount()).toBe(2);
    expect([...site.files().keys()]).toContain('web.cert.pem');
  });

  it('is finished by update() again, with no second update', async () => {
    const site = await makeSite();
    await initialized(site);
    await undelivered(site, (context) => update(context, { current: name, waitSeconds: 0 }));
    const { certificate } = issued(await update(site.context, { current: name, waitSeconds: 0 }));
    expect(certificate.version).toBe(2);
    expect(await site.lab.issuedCount()).toBe(2);
    expect(await site.store.certificates.pendingDelivery()).toEqual([]);

    const again = issued(await update(site.context, { current: name, waitSeconds: 0 }));
    expect(again.certificate.version).toBe(3);
  });

  it('does not keep update() from updating what initialize() left', async () => {
    const site = await makeSite();
    await undelivered(site, (context) => initialize(context, request()));
    const { certificate } = issued(await update(site.context, { current: name, waitSeconds: 0 }));
    expect(certificate.version).toBe(2);
  });
});
