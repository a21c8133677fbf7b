import { describe, expect, it } from 'vitest';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import type { PKIBody } from '../../src/cmp/message/pki-message.ts';
import {
  certConf,
  certificateIn,
  converse,
  gist,
  ownCredential,
  pkcs10,
  request,
  rr,
  type Conversation,
} from './lab-client.ts';
import { openLab } from './lab-under-test.ts';

const genm: PKIBody = { type: 'genm', value: [info('caCerts')] };

function poll(certReqId = -1): PKIBody {
  return { type: 'pollReq', value: [{ certReqId }] };
}

async function gists(client: Conversation, ...bodies: readonly PKIBody[]): Promise<string[]> {
  const said: string[] = [];
  for (const body of bodies) said.push(gist(await client.send(body)));
  return said;
}

describe('a delayed answer', () => {
  it('to a genm begins with an error, and is polled for with -1', async () => {
    const client = converse(await openLab({ settings: { polls: 1 } }));
    expect(await gists(client, genm, poll(), poll())).toEqual(['error waiting', 'pollRep', 'genp']);
    const wrong = converse(await openLab({ settings: { polls: 1 } }));
    expect(await gists(wrong, genm, poll(0))).toEqual([
      'error waiting',
      'error rejection badRequest',
    ]);
  });

  it('to a rr revokes when it is given, not before', async () => {
    const settings: Partial<LabSettings> = { polls: 1, implicitConfirm: true };
    const lab = await openLab({ settings });
    const first = converse(lab);
    await gists(first, { type: 'ir', value: [await request()] }, poll(0));
    const certificate = certificateIn(await first.send(poll(0)));
    await first.send(certConf(certificate));

    const client = converse(lab, ownCredential(lab, certificate));
    expect(await gists(client, rr(certificate), poll())).toEqual(['error waiting', 'pollRep']);
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }]);
    expect(await gists(client, poll())).toEqual(['rp accepted']);
    expect(await lab.certificates()).toMatchObject([{ status: 'revoked' }]);
  });

  it('to a rr waits for a person, who may deny it', async () => {
    const lab = await openLab({ settings: { approval: 'manual' } });
    const first = converse(lab);
    await first.send({ type: 'ir', value: [await request()] });
    await lab.approve(1);
    const certificate = certificateIn(await first.send(poll(0)));
    await first.send(certConf(certificate));

    const client = converse(lab, ownCredential(lab, certificate));
    expect(await gists(client, rr(certificate), poll())).toEqual(['error waiting', 'pollRep']);
    await lab.deny(2, 'It is needed');
    expect(await gists(client, poll())).toEqual(['rp rejection notAuthorized']);
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }]);
  });

  it('to a genm waits for no person', async () => {
    const client = converse(await openLab({ settings: { approval: 'manual' } }));
    expect(await gists(client, genm)).toEqual(['genp']);
  });

  it('to a certConf begins with an error, and is polled for with -1', async () => {
    const lab = await openLab({ settings: { delayConfirm: true } });
    const client = converse(lab);
    const ip = await client.send({ type: 'ir', value: [await request()] });
    const confirmation = certConf(certificateIn(ip));
    expect(await gists(client, confirmation)).toEqual(['error waiting']);
    expect(await lab.certificates()).toMatchObject([{ status: 'issued' }]);
    expect(await gists(client, poll())).toEqual(['pkiconf']);
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }]);
  });

  it('to a certConf is not hastened by a second one', async () => {
    const client = converse(await openLab({ settings: { delayConfirm: true } }));
    const ip = await client.send({ type: 'ir', value: [await request()] });
    const confirmation = certConf(certificateIn(ip));
    expect(await gists(client, confirmation, confirmation)).toEqual([
      'error waiting',
      'error rejection badRequest',
    ]);
  });

  it('counts polls anew for a certConf, and echoes the nonce of that or of the poll', async () => {
    for (const delayedNonce of ['request', 'poll'] as const) {
      const settings: Partial<LabSettings> = { delayConfirm: true, polls: 1, delayedNonce };
      const client = converse(await openLab({ settings }));
      await gists(client, { type: 'ir', value: [await request()] }, poll(0));
      const certificate = certificateIn(await client.send(poll(0)));
      const senderNonce = new Uint8Array(16).fill(7);
      const pollNonce = new Uint8Array(16).fill(8);
      const waiting = await client.send(certConf(certificate), { senderNonce });
      expect([gist(waiting), ...(await gists(client, poll()))]).toEqual([
        'error waiting',
        'pollRep',
      ]);
      const { header, body } = await client.send(poll(), { senderNonce: pollNonce });
      expect(body.type).toBe('pkiconf');
      expect(header.recipNonce).toEqual(delayedNonce === 'request' ? senderNonce : pollNonce);
    }
  });

  it('is none for a certConf that does not fit: it is refused at once', async () => {
    const client = converse(await openLab({ settings: { delayConfirm: true } }));
    await client.send({ type: 'ir', value: [await request()] });
    const value = [{ certHash: new Uint8Array(32), certReqId: 0 }];
    expect(await gists(client, { type: 'certConf', value })).toEqual(['error rejection badCertId']);
  });
});

describe('a p10cr', () => {
  it.each([-1, 0])('that waits may be polled for with %i', async (certReqId) => {
    const lab = await openLab({ settings: { polls: 1 } });
    const client = converse(lab);
    const cp = await client.send({ type: 'p10cr', value: await pkcs10() });
    const id = cp.body.type === 'cp' ? cp.body.value.response[0]?.certReqId : undefined;
    expect(id).toBe(-1);
    expect(await gists(client, poll(certReqId))).toEqual(['pollRep']);
    const certificate = certificateIn(await client.send(poll(certReqId)));
    const [status] = certConf(certificate).value;
    const value = status ? [{ ...status, certReqId }] : [];
    expect(await gists(client, { type: 'certConf', value })).toEqual(['pkiconf']);
  });
});
