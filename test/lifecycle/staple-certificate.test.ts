import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { doubtClock } from '../../src/scheduler/watch.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { named } from './site.ts';
import { endpoint, makeStapledSite, stapled, type StapledSite } from './stapled-site.ts';

const gw1 = named('gw1');

async function keptOf(made: StapledSite) {
  const { der } = await made.current();
  return made.site.store.staples.get(stapleHash(der));
}

async function endpointOf({ site }: StapledSite, label = 'web') {
  const [found] = (await site.store.staples.endpoints('gw1')).filter(
    (each) => each.label === label,
  );
  return found;
}

describe('stapleCertificate()', () => {
  it('keeps what it believes, and tells every endpoint by one question', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await made.site.store.staples.putEndpoint(gw1, endpoint('ftp'));
    const { staples, endpoints } = await stapleCertificate(made.context, gw1);
    expect(endpoints.map(({ type }) => type)).toStrictEqual(['published', 'published']);
    expect(made.asked()).toBe(1);
    const kept = await keptOf(made);
    expect(staples).toStrictEqual([kept]);
    expect(kept).toMatchObject({ failures: 0, held: { url: 'http://ocsp.example/ocsp' } });
    expect(made.serving.get('web')?.staple).toStrictEqual(kept?.held?.der);
    expect(made.serving.get('ftp')?.staple).toStrictEqual(kept?.held?.der);
    const { der } = await made.current();
    expect(await endpointOf(made)).toMatchObject({
      failures: 0,
      published: { certificate: stapleHash(der), staple: stapleHash(kept?.held?.der ?? der) },
    });
  });

  it('does nothing before its time, and asks again in its time', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    await made.site.clock.advance(11 * 3600);
    await stapleCertificate(made.context, gw1);
    expect([made.asked(), made.told.length]).toStrictEqual([1, 1]);
    await made.site.clock.advance(8 * 3600);
    const { endpoints } = await stapleCertificate(made.context, gw1);
    expect(made.asked()).toBe(2);
    expect(endpoints).toMatchObject([{ type: 'published' }]);
  });

  it('keeps a good one while the responder is down, and withdraws it before it ends', async () => {
    const made = await makeStapledSite();
    const { site } = made;
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    await site.lab.responder.inject('down');
    for (let hours = 0; hours < 30; hours++) {
      await site.clock.advance(3600);
      await stapleCertificate(made.context, gw1);
      const kept = await keptOf(made);
      const isOver = site.clock.now() >= (kept?.held?.until ?? new Date(0));
      expect(made.serving.get('web')?.staple === undefined, `hour ${hours}`).toBe(isOver);
      const end = kept?.held?.nextUpdate ?? new Date(0);
      expect(made.serving.get('web')?.staple === undefined || site.clock.now() < end).toBe(true);
    }
    expect(await keptOf(made)).toMatchObject({ code: 'connect' });
    expect(made.asked()).toBeLessThan(30);
    await site.lab.responder.heal();
    await site.clock.advance(3600);
    await stapleCertificate(made.context, gw1);
    expect(made.serving.get('web')?.staple).toBeDefined();
    expect(await keptOf(made)).toMatchObject({ failures: 0 });
  });

  it.each([
    ['revoked', 'revoked', false],
    ['on-hold', 'revoked', false],
    ['unknown', 'unknown', true],
    ['no-next-update', 'no-next-update', true],
    ['bad-signature', 'bad-signature', true],
    ['delegate-untrusted', 'unauthorized-responder', true],
    ['no-single-response', 'no-matching-response', true],
  ])('after an answer that is %s the code is %s', async (fault, code, isServed) => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    await made.site.lab.responder.inject(fault);
    await made.site.clock.advance(19 * 3600);
    await stapleCertificate(made.context, gw1);
    const kept = await keptOf(made);
    expect(kept?.code).toBe(code);
    expect(made.serving.get('web')?.staple !== undefined).toBe(isServed);
  });

  it('serves again what was on hold, and asks by hand what was revoked', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await made.site.lab.responder.inject('on-hold');
    await stapleCertificate(made.context, gw1);
    expect(made.told).toStrictEqual([]);
    await made.site.lab.responder.heal();
    await made.site.clock.advance(2 * 3600);
    await stapleCertificate(made.context, gw1);
    expect(made.serving.get('web')?.staple).toBeDefined();

    await made.site.lab.responder.inject('revoked');
    await made.site.clock.advance(19 * 3600);
    await stapleCertificate(made.context, gw1);
    expect(made.serving.get('web')?.staple).toBeUndefined();
    await made.site.lab.responder.heal();
    await made.site.clock.advance(2 * 86_400);
    await stapleCertificate(made.context, gw1);
    expect(await keptOf(made)).toMatchObject({ code: 'worse' });
    await stapleCertificate(made.context, gw1, { byHand: true });
    expect(made.serving.get('web')?.staple).toBeDefined();
  });

  it('says that HAProxy drops what is about to end', async () => {
    const made = await makeStapledSite({ ocspValiditySeconds: 240 });
    await stapled(made);
    const target = { type: 'haproxy', socket: '/s', file: '/etc/web.pem' } as const;
    const probe = { host: '127.0.0.1', port: 443 };
    await made.site.store.staples.putEndpoint(gw1, endpoint('web', { target, probe }));
    made.setLook('127.0.0.1:443 staples no OCSP response');
    await stapleCertificate(made.context, gw1);
    const text = expect.stringContaining('HAProxy serves none in the last 300 s');
    expect(await endpointOf(made)).toMatchObject({ seen: { isAsPublished: false, text } });
  });

  it('tries endpoints again that fail, and those that serve something else', async () => {
    const made = await makeStapledSite();
    const { site } = made;
    await stapled(made);
    const probe = { host: '127.0.0.1', port: 443 };
    await site.store.staples.putEndpoint(gw1, endpoint('web', { probe }));
    made.setEndpoints('Cannot write "/etc/web.der"');
    const { endpoints } = await stapleCertificate(made.context, gw1);
    expect(endpoints).toMatchObject([{ label: 'web', type: 'failed', hint: 'Look' }]);
    expect(await endpointOf(made)).toMatchObject({
      failures: 1,
      error: 'Cannot write "/etc/web.der"',
    });
    made.setEndpoints();
    made.setLook('127.0.0.1:443 staples no OCSP response');
    await site.clock.advance(120);
    await stapleCertificate(made.context, gw1);
    expect(await endpointOf(made)).toMatchObject({
      failures: 2,
      seen: { isAsPublished: false, text: '127.0.0.1:443 staples no OCSP response' },
    });
    made.setLook();
    await site.clock.advance(300);
    await stapleCertificate(made.context, gw1);
    const well = await endpointOf(made);
    expect(well).toMatchObject({ failures: 0, seen: { isAsPublished: true } });
    expect(well?.error).toBeUndefined();
    expect(made.asked()).toBe(1);
  });

  it('says why where no responder is named', async () => {
    const made = await makeStapledSite({ ocsp: false, ocspUrls: [] });
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    expect(await keptOf(made)).toMatchObject({ code: 'no-source', failures: 1 });
    expect(made.told).toStrictEqual([]);
  });

  it('shows nobody what could not be kept, and what is kept it shows still', async () => {
    const made = await makeStapledSite();
    const { store, clock } = made.site;
    await stapled(made);
    const full: LifecycleContext = {
      ...made.context,
      store: {
        ...store,
        staples: {
          ...store.staples,
          put: async () => {
            throw new CertError('STORE_FULL', 'Cannot write the store: the disk is full');
          },
        },
      },
    };
    await expect(stapleCertificate(full, gw1)).rejects.toThrow('the disk is full');
    expect(made.told).toStrictEqual([]);
    await stapleCertificate(made.context, gw1);
    const before = made.serving.get('web')?.staple;
    await clock.advance(19 * 3600);
    await expect(stapleCertificate(full, gw1)).rejects.toThrow('the disk is full');
    expect(made.serving.get('web')?.staple).toStrictEqual(before);
    await stapleCertificate(made.context, gw1);
    expect(made.serving.get('web')?.staple).not.toStrictEqual(before);
  });

  it('believes nothing new while the clock is doubted', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    const before = await keptOf(made);
    const { store } = made.site;
    const ahead = new Date(made.site.clock.now().getTime() + 40 * 86_400_000);
    for (const clock of [{ now: () => ahead }, made.site.clock]) {
      await doubtClock({ store, clock, isStarting: false });
    }
    await stapleCertificate(made.context, gw1, { byHand: true });
    const after = await keptOf(made);
    expect(after).toMatchObject({ code: 'clock-suspect' });
    expect(after?.held).toStrictEqual(before?.held);
  });
});
