import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { Services } from '../../src/agent/compose.ts';
import { run } from '../../src/cli/run.ts';
import { createLog } from '../../src/cli/log.ts';
import { initialized, makeSite, type Site } from '../lifecycle/site.ts';
import { fakeIo } from './fake-io.ts';

const minuteMs = 60_000;

/** Run a command line of a site. */
async function ck(site: Site, line: string): Promise<{ code: number; err: string }> {
  const io = fakeIo();
  const words = [...line.split(' '), '--state', join(dirname(site.certs), 'state')];
  const code = await run(words, io, (globals, outside) => {
    const services: Services = {
      ...site.context,
      log: createLog(outside, globals),
      connect: (url) => site.context.connect(url, site.profile),
      retrieve: () => Promise.reject(new Error('nothing is fetched here')),
      tokens: () => Promise.reject(new Error('there is no token')),
      close: async () => {},
    };
    return Promise.resolve(services);
  });
  return { code, err: io.err() };
}

it('warns of a renewal by hand when a name got its certificates of a day, and makes it all the same', async () => {
  const site = await makeSite();
  await initialized(site);
  for (let count = 1; count < 5; count++) {
    await site.clock.advance(minuteMs / 1000);
    expect(await ck(site, 'cmp update current-cert gw1')).toStrictEqual({ code: 0, err: '' });
  }
  const sixth = await ck(site, 'cmp update current-cert gw1');
  expect(sixth).toMatchObject({
    code: 0,
    err: expect.stringMatching(
      /^warning: "gw1" got 5 certificates within a day, the most that the agent asks for; it asks for the next one from \S+Z on\n/,
    ),
  });
  expect((await site.store.certificates.current('gw1'))?.version).toBe(6);
  const many = await ck(site, 'cmp update all');
  expect(many.code).toBe(0);
  expect(many.err).toContain('"gw1" got 6 certificates within a day');
  const enroll = 'cmp enroll subject-name CN=gw key-type p-256 current-cert';
  expect((await ck(site, `${enroll} gw1 cert-name gw2`)).err).toBe('');
  expect((await ck(site, `${enroll} gw2 cert-name gw1`)).err).toContain('got 7 certificates');
});
