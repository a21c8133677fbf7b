import { describe, expect, it } from 'vitest';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { checkStaple } from '../../src/lifecycle/staple-settings.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import type { StapleEndpoint, StapleTarget } from '../../src/store/staples-contract.ts';
import { doubtClock } from '../../src/scheduler/watch.ts';
import { named } from './site.ts';
import { endpoint, makeStapledSite, stapled } from './stapled-site.ts';

const gw1 = named('gw1');

function at(label: string, target: StapleTarget): StapleEndpoint {
  return endpoint(label, { target });
}

const pidFile = '/run/x.pid';

describe('a responder that lies', () => {
  it('cannot say that nothing has changed to whoever has not asked whether', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    await made.site.clock.advance(19 * 3600);
    const { staples: ports } = made.context;
    if (ports === undefined) throw new Error('there are no ports');
    const { der } = await made.current();
    const kept = await made.site.store.staples.get(stapleHash(der));
    if (kept?.held === undefined) throw new Error('nothing is held');
    // From another place than the one that is asked now.
    const held = { ...kept.held, url: 'http://other.example/' };
    await made.site.store.staples.put({ ...kept, held });
    const body = new Uint8Array();
    const staples = { ...ports, ask: async () => ({ status: 304, headers: {}, body }) };
    await stapleCertificate({ ...made.context, staples }, gw1, { byHand: true });
    const after = await made.site.store.staples.get(stapleHash(der));
    expect(after).toMatchObject({ code: 'http-status', failures: 1, held: { until: held.until } });
  });
});

describe('a clock that was wrong', () => {
  it('keeps no endpoint from being told again within the hour', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await stapleCertificate(made.context, gw1);
    const [told] = await made.site.store.staples.endpoints('gw1');
    if (told?.published === undefined) throw new Error('it was not told');
    const nextAt = new Date(made.site.clock.now().getTime() + 365 * 86_400_000);
    const { published } = told;
    await made.site.store.staples.report('gw1', 'web', { published, failures: 3, nextAt });
    await stapleCertificate(made.context, gw1);
    const [again] = await made.site.store.staples.endpoints('gw1');
    expect(again).toMatchObject({ failures: 0 });
  });
});

describe('a clock that was ahead', () => {
  it('costs no response: what was withdrawn is served again, though nothing new is believed', async () => {
    const made = await makeStapledSite();
    const { clock, store } = made.site;
    await stapled(made);
    await doubtClock({ store, clock, isStarting: false });
    await stapleCertificate(made.context, gw1);
    const before = made.serving.get('web')?.staple;
    expect(before).toBeDefined();
    const later = new Date(clock.now().getTime() + 365 * 86_400_000);
    const ahead = { ...clock, now: () => later };
    await doubtClock({ store, clock: ahead, isStarting: false });
    await stapleCertificate({ ...made.context, clock: ahead }, gw1);
    expect(made.serving.get('web')?.staple).toBeUndefined();
    await doubtClock({ store, clock, isStarting: false });
    await stapleCertificate(made.context, gw1);
    expect(made.serving.get('web')?.staple).toStrictEqual(before);
    const [kept] = await store.staples.of('gw1');
    expect(kept).toMatchObject({ code: 'clock-suspect' });
    // And it is asked again soon, not in a year.
    expect((kept?.nextAt.getTime() ?? 0) - clock.now().getTime()).toBeLessThan(7_200_000);
  });
});

describe('checkStaple()', () => {
  it.each<[string, StapleTarget, StapleTarget]>([
    [
      'the response beside a certificate of HAProxy',
      { type: 'haproxy', socket: '/run/h', file: '/etc/a.pem' },
      { type: 'file', file: '/etc/a.pem.ocsp' },
    ],
    [
      'what nginx includes',
      { type: 'file', file: '/etc/a.include' },
      { type: 'nginx', file: '/etc/a', pidFile },
    ],
  ])('refuses two endpoints with one file: %s', async (_name, first, second) => {
    const made = await makeStapledSite();
    const { store } = made.site;
    await store.staples.putEndpoint(gw1, at('first', first));
    await expect(checkStaple(store, named('gw2'), at('second', second), {})).rejects.toThrow(
      'that is endpoint "first" of "gw1"',
    );
    expect(await checkStaple(store, gw1, at('first', second), {})).toBeUndefined();
  });

  it('refuses a file that a deployment writes', async () => {
    const made = await makeStapledSite();
    const { store } = made.site;
    const files = [{ kind: 'key', path: '/etc/a.key' }] as const;
    await store.deployments.put(named('gw2'), { label: named('web'), files });
    const target = { type: 'file', file: '/etc/a.key' } as const;
    await expect(checkStaple(store, gw1, at('x', target), {})).rejects.toThrow(
      'that is a file of deployment "web" of "gw2"',
    );
  });
});
