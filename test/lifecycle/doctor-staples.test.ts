import { describe, expect, it } from 'vitest';
import { examineStaples } from '../../src/lifecycle/doctor-staples.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { named, request } from './site.ts';
import { makeStapledSite, mustStaple, stapled } from './stapled-site.ts';

const gw1 = named('gw1');

describe('doctor, of staples', () => {
  it('finds one that is good, one that is not refreshed, and one that has ended', async () => {
    const made = await makeStapledSite();
    const { site } = made;
    const severities = async () =>
      (await examineStaples(site.context)).map(({ about, severity }) => `${about} ${severity}`);
    expect(await severities()).toStrictEqual([]);
    await stapled(made);
    expect(await severities()).toStrictEqual(['gw1 error']);
    await stapleCertificate(made.context, gw1);
    expect(await severities()).toStrictEqual(['gw1 ok']);
    await site.lab.responder.inject('try-later');
    made.setEndpoints('Cannot write "/etc/web.der"');
    await site.clock.advance(18 * 3600);
    await stapleCertificate(made.context, gw1);
    expect(await severities()).toStrictEqual(['gw1 warning']);
    await site.clock.advance(6 * 3600);
    await stapleCertificate(made.context, gw1);
    expect(await severities()).toStrictEqual(['gw1 error', 'gw1@web error']);
  });

  it('finds what is revoked, and what has to be stapled and is not', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    await made.site.lab.responder.inject('revoked');
    await stapleCertificate(made.context, gw1);
    await initialize(made.context, request({ ...mustStaple(), name: named('gw2') }));
    expect(await examineStaples(made.site.context)).toMatchObject([
      { about: 'gw1', severity: 'error', text: expect.stringContaining('it is revoked') },
      { about: 'gw2', severity: 'warning', text: expect.stringContaining('clients refuse it') },
    ]);
  });
});
