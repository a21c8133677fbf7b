import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import type { PKIFailureBit } from '../../src/cmp/message/pki-status-info.ts';
import { pkiconf, type AnswerOptions } from './answers.ts';
import { play } from './scripted-ca.ts';
import { errorBody, granting, response } from './transaction/states.ts';

const granted: AnswerOptions = { body: granting };
const confirmed: AnswerOptions = { body: pkiconf };
const waiting: AnswerOptions = { body: response('ip', { status: 'waiting' }) };
const pollRep: AnswerOptions = {
  body: { type: 'pollRep', value: [{ certReqId: 0, checkAfter: 10 }] },
};
const timeout = new CertError('NETWORK_TIMEOUT', 'Cannot wait any longer');
const unreachable = new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
const killed = new Error('killed');

function refusal(...failInfo: PKIFailureBit[]): AnswerOptions {
  return { body: errorBody({ status: 'rejection', failInfo }) };
}

describe('follow() when the answer to a certConf is lost', () => {
  it('sends the identical certConf again, twice at the most [C12]', async () => {
    const scene = play([granted, timeout, unreachable, confirmed]);
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(scene.sent).toHaveLength(4);
    expect(scene.sent[2]).toEqual(scene.sent[1]);
    expect(scene.sent[3]).toEqual(scene.sent[1]);
    expect(scene.clock.slept).toEqual([1000, 1000]);
    expect(scene.journal.filter((line) => line.startsWith('save'))).toHaveLength(1);
  });

  it('gives up after the third, staying confirming', async () => {
    const scene = play([granted, timeout, timeout, timeout, confirmed]);
    await expect(scene.run()).rejects.toBe(timeout);
    expect(scene.saved.at(-1)?.state.phase.type).toBe('confirming');
    expect(scene.script).toHaveLength(1);
  });

  it('takes certConfirmed for success [C12]', async () => {
    const scene = play([granted, timeout, refusal('certConfirmed')]);
    expect(await scene.run()).toEqual({ type: 'granted' });
  });

  it('sends a rejecting certConf again, too', async () => {
    const scene = play([granted, timeout, confirmed], {
      judge: () => ({ type: 'refuse', reason: 'x', failInfo: 'badCertTemplate' }),
    });
    expect(await scene.run()).toEqual({ type: 'refused', reason: 'x' });
    expect(scene.sent[2]).toEqual(scene.sent[1]);
  });

  it('does not send again what was answered by something else than silence', async () => {
    const status = new CertError('HTTP_STATUS', 'Cannot use 500');
    const scene = play([granted, status, confirmed]);
    await expect(scene.run()).rejects.toBe(status);
    expect(scene.sent).toHaveLength(2);
  });

  it('does not send an ir or a pollReq again by itself [T6][L13]', async () => {
    const first = play([timeout, granted]);
    await expect(first.run()).rejects.toBe(timeout);
    expect(first.sent).toHaveLength(1);
    const polling = play([waiting, timeout, granted]);
    await expect(polling.run()).rejects.toBe(timeout);
    expect(polling.sent).toHaveLength(2);
  });

  it('is left unconfirmed by an error of the CA', async () => {
    const scene = play([granted, refusal('badCertId')]);
    expect(await scene.run()).toMatchObject({
      type: 'unconfirmed',
      status: { failInfo: ['badCertId'] },
    });
  });

  it('confirms late rather than never: the deadline is for the certificate', async () => {
    const scene = play([granted, killed]);
    await expect(scene.run({ deadlineSeconds: 60 })).rejects.toBe(killed);
    await scene.clock.advance(3600);
    scene.script.push(confirmed);
    expect(await scene.resume({ isResumed: true })).toEqual({ type: 'granted' });
    expect(scene.sent[2]).toEqual(scene.sent[1]);
  });
});

describe('follow() after a restart', () => {
  it.each([
    ['requested', [killed], [granted, confirmed]],
    ['polled', [waiting, killed], [pollRep, granted, confirmed]],
    ['confirming', [granted, killed], [confirmed]],
  ] as const)(
    'sends what was saved, octet for octet, when %s [L4]',
    async (phase, before, after) => {
      const scene = play([...before]);
      await expect(scene.run()).rejects.toBe(killed);
      expect(scene.saved.at(-1)?.state.phase.type).toBe(phase);
      scene.script.push(...after);
      expect(await scene.resume({ isResumed: true })).toEqual({ type: 'granted' });
      expect(scene.sent[before.length]).toEqual(scene.sent[before.length - 1]);
      expect(scene.sent[before.length]).toEqual(scene.saved[before.length - 1]?.outgoing);
    },
  );

  it('has nothing to send when granted', async () => {
    const scene = play([], {});
    await expect(scene.run()).rejects.toThrow('nobody answers');
    const [begun] = scene.saved;
    if (!begun) throw new Error('nothing was saved');
    scene.saved.push({ state: { ...begun.state, phase: { type: 'granted', value: null } } });
    expect(await scene.resume()).toEqual({ type: 'granted' });
    expect(scene.sent).toHaveLength(1);
  });

  it('takes the stored answer of a CA that answers the repeated message with it', async () => {
    const scene = play([killed]);
    await expect(scene.run()).rejects.toBe(killed);
    const messageTime = scene.clock.now();
    await scene.clock.advance(7200);
    scene.script.push({ body: granting, header: { messageTime } }, confirmed);
    expect(await scene.resume({ isResumed: true })).toEqual({ type: 'granted' });
  });

  it('takes no answer older than the message it sent', async () => {
    const scene = play([killed]);
    await expect(scene.run()).rejects.toBe(killed);
    const messageTime = new Date(scene.clock.now().getTime() - 301_000);
    await scene.clock.advance(7200);
    scene.script.push({ body: granting, header: { messageTime } });
    await expect(scene.resume({ isResumed: true })).rejects.toMatchObject({
      code: 'CMP_TIME_SKEW',
    });
  });

  it('says the request is lost when the CA knows it and answers it no more', async () => {
    const scene = play([killed, refusal('transactionIdInUse')]);
    await expect(scene.run()).rejects.toBe(killed);
    expect(await scene.resume({ isResumed: true })).toMatchObject({
      type: 'lost',
      status: { failInfo: ['transactionIdInUse'] },
    });
  });

  it('takes transactionIdInUse for a rejection of what was not sent before', async () => {
    const scene = play([refusal('transactionIdInUse')]);
    expect(await scene.run()).toMatchObject({ type: 'rejected' });
  });

  it.each([
    ['requested', [killed], [granted, confirmed]],
    ['polled', [waiting, killed], [granted, confirmed]],
    ['confirming', [granted, killed], [confirmed]],
  ] as const)('says it anew when the CA calls it too old (%s)', async (_, before, after) => {
    const scene = play([...before, refusal('badTime'), ...after]);
    await expect(scene.run()).rejects.toBe(killed);
    expect(await scene.resume({ isResumed: true })).toEqual({ type: 'granted' });
    const [old, anew] = scene.requests.slice(before.length);
    expect(anew?.body.type).toBe(old?.body.type);
    expect(structuredClone(anew?.body)).toEqual(structuredClone(old?.body));
    expect(anew?.header.transactionID).toEqual(old?.header.transactionID);
    expect(anew?.header.senderNonce).not.toEqual(old?.header.senderNonce);
  });

  it('says it anew once: a CA that calls that too old as well has rejected it', async () => {
    const scene = play([killed, refusal('badTime'), refusal('badTime')]);
    await expect(scene.run()).rejects.toBe(killed);
    expect(await scene.resume({ isResumed: true })).toMatchObject({ type: 'rejected' });
    expect(scene.sent).toHaveLength(3);
  });
});
