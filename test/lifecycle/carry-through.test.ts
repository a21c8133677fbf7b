import { describe, expect, it } from 'vitest';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { bodies, makeSite, named, request } from './site.ts';

/** The same process, noting where each message goes. */
function noting(context: LifecycleContext, urls: string[]): LifecycleContext {
  return {
    ...context,
    connect(url, profile) {
      const transport = context.connect(url, profile);
      return {
        ...transport,
        exchange(der, signal) {
          urls.push(url);
          return transport.exchange(der, signal);
        },
      };
    },
  };
}

describe('every message of a transaction', () => {
  it.each([
    ['of the CA profile, with its operation label', undefined, '/pkix/initialization'],
    ['that was given for this certificate', 'http://ra.example/other', '/other'],
  ])('goes to the address %s, whatever the profile says by then [T9]', async (_, url, path) => {
    const site = await makeSite({ lab: { polls: 1 }, profile: { operationLabels: true } });
    const urls: string[] = [];
    const asked = request({ waitSeconds: 0, ...(url !== undefined && { url }) });
    const first = await initialize(noting(site.context, urls), asked);
    expect(first.type).toBe('waiting');
    await site.setProfile({ url: 'http://moved.example/', operationLabels: false });
    const context = noting(await site.open(), urls);
    const last = await poll(context, { name: named('gw1'), waitSeconds: 60 });
    expect(last.type).toBe('issued');
    expect(bodies(site.sent)).toEqual(['ir', 'pollReq', 'pollReq', 'certConf']);
    expect(new Set(urls.map((each) => new URL(each).pathname))).toEqual(new Set([path]));
    expect(urls).toHaveLength(4);
  });
});
