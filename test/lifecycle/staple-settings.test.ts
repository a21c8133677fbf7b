import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { askWithin } from '../../src/lifecycle/staple-ports.ts';
import { addEndpoint, removeEndpoint } from '../../src/lifecycle/staple-settings.ts';
import { OutOfTime } from '../../src/validation/time-limit.ts';
import { named } from './site.ts';
import { endpoint, makeStapledSite, stapled } from './stapled-site.ts';

const gw1 = named('gw1');

describe('addEndpoint()', () => {
  it('staples at once, and asks nobody for what is kept', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    const added = await addEndpoint(made.context, gw1, endpoint('ftp'), { whenRevoked: 'renew' });
    expect(added).toMatchObject({
      type: 'stapled',
      endpoints: [
        { label: 'ftp', type: 'published' },
        { label: 'web', type: 'unchanged' },
      ],
    });
    expect(made.asked()).toBe(1);
    expect(await made.site.store.nameSettings.get('gw1', 'staple-revoked')).toBe('renew');
  });
});

describe('removeEndpoint()', () => {
  it('withdraws what is served there, and forgets all with the last one', async () => {
    const made = await makeStapledSite();
    const { store } = made.site;
    await stapled(made);
    await store.nameSettings.set(gw1, 'staple-endless', 'allow');
    await stapleCertificate(made.context, gw1);
    made.setEndpoints('Cannot write "/etc/web.der"');
    await expect(removeEndpoint(made.context, gw1, 'web')).rejects.toThrow('Cannot write');
    expect(await store.staples.endpoints()).toHaveLength(1);
    made.setEndpoints();
    expect(await removeEndpoint(made.context, gw1, 'web')).toBe(true);
    expect(made.told.at(-1)).toBe('web alone none');
    expect(await store.staples.list()).toStrictEqual([]);
    expect(await store.nameSettings.get('gw1', 'staple-endless')).toBeUndefined();
    expect(await removeEndpoint(made.context, gw1, 'web')).toBe(false);
  });

  it('forgets what cannot be told where that is said', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    made.setEndpoints('Cannot write "/etc/web.der"');
    expect(await removeEndpoint(made.context, gw1, 'web', { isForced: true })).toBe(true);
    expect(made.site.warnings).toContain('Cannot write "/etc/web.der"');
  });
});

describe('removeCertificate()', () => {
  it('withdraws the staple of a name that is forgotten', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    await removeCertificate(made.context, { name: gw1, withFiles: false });
    expect(made.told.at(-1)).toBe('web alone none');
    expect(await made.site.store.staples.endpoints()).toStrictEqual([]);
  });
});

describe('askWithin()', () => {
  it('gives up a responder that says nothing', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const asked = askWithin(50)(
      { method: 'GET', url: `http://127.0.0.1:${port}/` },
      { rules: { resolvers: [] }, maxBytes: 1000, signal: new AbortController().signal },
    );
    await expect(asked).rejects.toThrow(OutOfTime);
  });
});
