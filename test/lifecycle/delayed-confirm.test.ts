import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { answerFor } from './forge.ts';
import { coded, makeSite, request, type Site } from './site.ts';

/** How the only transaction ended, and what became of its certificate. */
async function ended({ store }: Site) {
  const [closed] = await store.history.list();
  const [certificate] = await store.certificates.list({ all: true });
  return { result: closed?.result, status: certificate?.status };
}

describe('a certConf whose answer is delayed', () => {
  it('for ever ends at the deadline, and leaves the certificate unconfirmed, not failed [C12][L4]', async () => {
    const site = await makeSite();
    const later = [{ certReqId: -1, checkAfter: 3600 }];
    site.setWire((der, lab) => {
      switch (decodeMessage(der).body.type) {
        case 'certConf':
          return answerFor(site, der, {
            type: 'error',
            value: { pKIStatusInfo: { status: 'waiting' } },
          });
        case 'pollReq':
          return answerFor(site, der, { type: 'pollRep', value: later });
        default:
          return lab(der);
      }
    });
    const result = await initialize(site.context, request({ waitSeconds: 20 * 86_400 }));
    expect(result).toMatchObject({ type: 'expired' });
    expect(await ended(site)).toEqual({ result: 'unconfirmed', status: 'unconfirmed' });
  });

  it('by an answer nobody can use leaves the certificate unconfirmed [C12]', async () => {
    const site = await makeSite({ lab: { delayConfirm: true } });
    site.setWire((der, lab) =>
      decodeMessage(der).body.type === 'pollReq'
        ? answerFor(site, der, { type: 'genp', value: [] })
        : lab(der),
    );
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_BODY_UNEXPECTED'),
    );
    expect(await ended(site)).toEqual({ result: 'unconfirmed', status: 'unconfirmed' });
  });
});
