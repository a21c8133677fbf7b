import { describe, expect, it } from 'vitest';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import {
  bodies,
  initialized,
  issued,
  makeSite,
  named,
  request,
  wanted,
  type Site,
} from './site.ts';

const name = named('gw1');

/** A site whose lab delays by error message, and what that lab answers. */
async function delayedSite(lab: Parameters<Site['relab']>[0]): Promise<{
  readonly site: Site;
  readonly answers: PKIBody[];
}> {
  const site = await makeSite({ lab: { delay: 'error', checkAfterSeconds: 20, ...lab } });
  const answers: PKIBody[] = [];
  site.setWire(async (der, answer) => {
    const received = await answer(der);
    answers.push(decodeMessage(received).body);
    return received;
  });
  return { site, answers };
}

describe('a request delayed by an error message', () => {
  it('is polled for as a whole message, by schedule, until the certificate is there [L1]', async () => {
    const { site, answers } = await delayedSite({ polls: 2 });
    await initialized(site);

    expect(bodies(site.sent)).toEqual(['ir', 'pollReq', 'pollReq', 'pollReq', 'certConf']);
    expect(answers.map(({ type }) => type)).toEqual([
      'error',
      'pollRep',
      'pollRep',
      'ip',
      'pkiconf',
    ]);
    expect(answers[0]).toMatchObject({ value: { pKIStatusInfo: { status: 'waiting' } } });
    const { body } = decodeMessage(site.sent[1] ?? new Uint8Array());
    expect(body.type === 'pollReq' && body.value.map(({ certReqId }) => certReqId)).toEqual([-1]);
    expect(site.clock.slept).toEqual([20_000, 20_000]);
    expect(await site.lab.issuedCount()).toBe(1);
    expect(await site.lab.certificates()).toMatchObject([{ status: 'current' }]);
  });

  it('gets a final answer that echoes the nonce of the request [L11]', async () => {
    const { site } = await delayedSite({ polls: 1, delayedNonce: 'request' });
    expect(await initialized(site)).toMatchObject({ type: 'issued' });
  });

  it('waits for approval in another process, and is granted or told why not', async () => {
    const { site } = await delayedSite({ approval: 'manual' });
    expect(await initialize(site.context, request({ waitSeconds: 0 }))).toMatchObject({
      type: 'waiting',
    });
    await site.lab.approve(1);
    const later = await site.open();
    expect(issued(await poll(later, { name, waitSeconds: 0 })).certificate.name).toBe('gw1');

    const other = { name: named('gw2'), waitSeconds: 0 };
    await initialize(site.context, request({ ...other, wanted: wanted('CN=gw2') }));
    await site.lab.deny(2, 'Not in the inventory');
    expect(await poll(site.context, other)).toMatchObject({ type: 'rejected' });
  });

  it('may be a cr or a kur, too', async () => {
    const { site, answers } = await delayedSite({ polls: 1 });
    await initialized(site);
    answers.length = 0;
    const key = { type: 'generate', keyType: 'p-256' } as const;
    const more = { key, waitSeconds: 60 };
    issued(
      await enroll(site.context, {
        current: name,
        name: named('web'),
        wanted: wanted('CN=web'),
        ...more,
      }),
    );
    issued(await update(site.context, { current: name, ...more }));
    expect(answers.map(({ type }) => type).join(' ')).toBe(
      'error pollRep cp pkiconf error pollRep kup pkiconf',
    );
  });
});
