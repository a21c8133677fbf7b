import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import type { StaplePorts } from '../../src/lifecycle/staple-ports.ts';
import { named } from './site.ts';
import { makeStapledSite, stapled, type StapledSite } from './stapled-site.ts';

const gw1 = named('gw1');
const ocspUrls = ['http://one.example/ocsp', 'http://two.example/ocsp'] as const;

type Ask = StaplePorts['ask'];

/** A site whose certificate names two responders, each of which a test can have answer otherwise. */
async function scene() {
  const made = await makeStapledSite({ ocspUrls });
  await stapled(made);
  const usual = made.context.staples?.ask;
  if (made.context.staples === undefined || usual === undefined) throw new Error('no ports');
  const ports = made.context.staples;
  const asked: { readonly host: string; readonly sending: Parameters<Ask>[1] }[] = [];
  const answers = new Map<string, () => ReturnType<Ask>>();
  const context: LifecycleContext = {
    ...made.context,
    staples: {
      ...ports,
      async ask(query, sending) {
        const { host } = new URL(query.url);
        asked.push({ host, sending });
        return await (answers.get(host)?.() ?? usual(query, sending));
      },
    },
  };
  const staple = async (byHand = false) => {
    const { staples } = await stapleCertificate(context, gw1, { byHand });
    return staples[0];
  };
  return { made, answers, asked, staple };
}

function status(code: number, headers: Readonly<Record<string, string>> = {}) {
  return async () => ({ status: code, headers, body: new Uint8Array() });
}

async function setProxy({ site }: StapledSite): Promise<void> {
  const profile = await site.store.authorities.get('lab');
  if (profile === undefined) throw new Error('there is no profile');
  const proxy = { url: 'http://proxy.example:3128', username: 'me' };
  await site.store.authorities.put({ ...profile, proxy }, undefined, utf8('PROXY SECRET'));
}

describe('asking for a staple', () => {
  it('asks the responders of a certificate in their order, until one gives it', async () => {
    const { answers, asked, staple } = await scene();
    answers.set('one.example', async () => {
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect to "http://one.example"');
    });
    expect(await staple()).toMatchObject({ failures: 0, held: { url: ocspUrls[1] } });
    expect(asked.map(({ host }) => host)).toStrictEqual(['one.example', 'two.example']);
    answers.clear();
    expect(await staple(true)).toMatchObject({ failures: 0 });
    expect(asked.map(({ host }) => host).slice(2)).toStrictEqual(['one.example']);
  });

  it('asks by the ETag of a response only who gave it', async () => {
    const { answers, asked, staple } = await scene();
    answers.set('one.example', status(500));
    const first = await staple();
    expect(first?.held?.etag).toBeDefined();
    const again = await staple(true);
    expect(again?.held?.der).toStrictEqual(first?.held?.der);
    const tags = asked.map(({ sending }) => sending.headers?.['if-none-match']);
    expect(tags).toStrictEqual([undefined, undefined, undefined, first?.held?.etag]);
  });

  it.each([
    ['315360000', 6.5],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 6.5],
    ['-1', 1 / 40],
    ['soon', 1 / 40],
  ])('leaves nobody alone for ever who says Retry-After: %s', async (after, hours) => {
    const { made, answers, staple } = await scene();
    answers.set('one.example', status(503, { 'retry-after': after }));
    answers.set('two.example', status(404));
    const kept = await staple();
    expect(kept).toMatchObject({ code: 'http-status', failures: 1 });
    const pause = (kept?.nextAt.getTime() ?? 0) - made.site.clock.now().getTime();
    expect(pause).toBeGreaterThanOrEqual(60_000);
    expect(pause).toBeLessThanOrEqual(hours * 3_600_000);
  });

  it('goes through the proxy of the CA profile, whose password nobody is told', async () => {
    const { made, answers, asked, staple } = await scene();
    await setProxy(made);
    for (const host of ['one.example', 'two.example']) {
      answers.set(host, async () => {
        throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect to "http://proxy.example:3128"');
      });
    }
    const kept = await staple();
    const [first] = asked;
    expect(first?.sending.proxy).toStrictEqual({
      url: 'http://proxy.example:3128',
      credentials: { username: 'me', password: utf8('PROXY SECRET') },
    });
    expect(JSON.stringify([kept, made.site.warnings])).not.toContain('SECRET');
  });
});
