import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { CertError } from '../../src/base/errors.ts';
import type { PKIBody } from '../../src/cmp/message/pki-message.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { now, pkiconf, type AnswerOptions } from './answers.ts';
import { play, type Reply } from './scripted-ca.ts';
import { errorBody, granting, response } from './transaction/states.ts';

const granted: AnswerOptions = { body: granting };
const confirmed: AnswerOptions = { body: pkiconf };
const waiting: AnswerOptions = { body: response('ip', { status: 'waiting' }) };
const waitingError: AnswerOptions = { body: errorBody({ status: 'waiting' }) };
const timeout = new CertError('NETWORK_TIMEOUT', 'Cannot wait any longer');

function pollRep(checkAfter: number, certReqId = 0): AnswerOptions {
  return { body: { type: 'pollRep', value: [{ certReqId, checkAfter, reason: ['ask Bob'] }] } };
}

function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

/** certReqIds polled for, in order. */
function polledFor(requests: readonly { readonly body: PKIBody }[]): readonly number[] {
  return requests.flatMap(({ body }) =>
    body.type === 'pollReq' ? body.value.map(({ certReqId }) => certReqId) : [],
  );
}

describe('follow() while the CA says waiting', () => {
  it('polls at once, then when the CA says, and at last confirms [L1][L5]', async () => {
    const scene = play([waiting, pollRep(60), pollRep(120), granted, confirmed]);
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(scene.clock.slept).toEqual([60_000, 120_000]);
    expect(polledFor(scene.requests)).toEqual([0, 0, 0]);
    expect(scene.journal).toEqual([
      'send ir',
      'save polled',
      'send pollReq',
      'save waiting',
      'save polled',
      'send pollReq',
      'save waiting',
      'save polled',
      'send pollReq',
      'save confirming with certificate',
      'send certConf',
    ]);
  });

  it('takes a final answer that echoes the nonce of the delayed ir [R3][L11]', async () => {
    const scene = play([waiting, pollRep(10), confirmed]);
    scene.script[2] = () => {
      const nonce = scene.requests[0]?.header.senderNonce ?? new Uint8Array();
      return { body: granting, header: { recipNonce: nonce } };
    };
    scene.script.push(confirmed);
    expect(await scene.run()).toEqual({ type: 'granted' });
  });

  it('takes no final answer with a third nonce, and goes on waiting [R3]', async () => {
    const scene = play([waiting, pollRep(10)]);
    scene.script.push(() => {
      const nonce = scene.requests[1]?.header.senderNonce ?? new Uint8Array();
      return { body: granting, header: { recipNonce: nonce } };
    });
    await expect(scene.run()).rejects.toMatchObject({ code: 'CMP_NONCE_MISMATCH' });
    expect(scene.saved.at(-1)?.state.phase.type).toBe('waiting');
  });

  it('polls with -1 after an error that says waiting, in answer to ir and certConf [L1]', async () => {
    const scene = play([
      waitingError,
      pollRep(10, -1),
      granted,
      waitingError,
      pollRep(10, -1),
      confirmed,
    ]);
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(polledFor(scene.requests)).toEqual([-1, -1, -1, -1]);
    expect(scene.requests.map(({ body }) => body.type)).toEqual([
      'ir',
      'pollReq',
      'pollReq',
      'certConf',
      'pollReq',
      'pollReq',
    ]);
  });

  it('takes a delayed pkiconf that echoes the nonce of the certConf [L11]', async () => {
    const scene = play([granted, waitingError]);
    scene.script.push(() => {
      const nonce = scene.requests[1]?.header.senderNonce ?? new Uint8Array();
      return { body: pkiconf, header: { recipNonce: nonce } };
    });
    expect(await scene.run()).toEqual({ type: 'granted' });
  });

  it('returns when the wait is longer than the caller has, with the words of the CA', async () => {
    const scene = play([waiting, pollRep(3600)]);
    expect(await scene.run({ waitSeconds: 60 })).toEqual({
      type: 'waiting',
      notBefore: later(3600),
      text: 'ask Bob',
    });
    expect(scene.clock.slept).toEqual([]);
    expect(scene.saved.at(-1)).toMatchObject({
      text: 'ask Bob',
      state: { phase: { type: 'waiting' } },
    });
  });

  it('returns at once again until its time has come, unless polled by hand', async () => {
    const scene = play([waiting, pollRep(3600)]);
    await scene.run({ waitSeconds: 0 });
    expect(await scene.resume({ waitSeconds: 0 })).toMatchObject({ type: 'waiting' });
    expect(scene.journal.at(-1)).toBe('save waiting');
    scene.script.push(pollRep(7200));
    expect(await scene.resume({ waitSeconds: 0, byHand: true })).toEqual({
      type: 'waiting',
      notBefore: later(7200),
      text: 'ask Bob',
    });
    await scene.clock.advance(7200);
    scene.script.push(granted, confirmed);
    expect(await scene.resume({ waitSeconds: 0 })).toEqual({ type: 'granted' });
  });

  it('polls by hand once, not for ever', async () => {
    const scene = play([waiting, pollRep(3600)]);
    await scene.run({ waitSeconds: 0 });
    scene.script.push(pollRep(60), granted, confirmed);
    await scene.resume({ waitSeconds: 600, byHand: true });
    expect(scene.clock.slept).toEqual([60_000]);
  });

  it.each([0, -1, -(2 ** 31)])('does not spin on a checkAfter of %d [L2]', async (checkAfter) => {
    const scene = play([waiting, ...Array.from({ length: 20 }, () => pollRep(checkAfter))]);
    scene.script.push(granted, confirmed);
    await scene.run();
    expect(scene.clock.slept).toEqual(Array.from({ length: 20 }, () => 5000));
  });

  it('ends at the deadline when every poll is answered by waiting [L2][L4]', async () => {
    for (const forever of [waiting, waitingError]) {
      const scene = play([waiting]);
      const again = (): Reply => {
        scene.script.push(again);
        return forever;
      };
      scene.script.push(again);
      expect(await scene.run({ waitSeconds: 10_000, deadlineSeconds: 600 })).toEqual({
        type: 'expired',
      });
      expect(scene.requests.length).toBe(122);
      expect(scene.clock.now().getTime()).toBeLessThanOrEqual(later(606).getTime());
    }
  });

  it('does not sleep past the deadline, and polls no more then [L2]', async () => {
    const scene = play([waiting, pollRep(2 ** 31)]);
    const ending = await scene.run({ waitSeconds: 400 * 86_400, deadlineSeconds: 600 });
    expect(ending).toEqual({ type: 'expired' });
    expect(scene.clock.now().getTime() - later(600).getTime()).toBeLessThanOrEqual(1000);
    expect(scene.journal.at(-1)).toBe('save waiting');
  });
});

describe('follow() when a poll goes wrong', () => {
  it.each<[string, Reply, string]>([
    ['a forged answer', { body: granting, protection: () => new Uint8Array(32) }, 'INVALID'],
    [
      'a forged rejection',
      {
        body: errorBody({ status: 'rejection' }),
        protection: () => undefined,
        without: ['protectionAlg'],
      },
      'CMP_PROTECTION_MISSING',
    ],
    ['a replayed answer', { body: granting, header: { recipNonce: new Uint8Array(16) } }, 'NONCE'],
    ['no answer', timeout, 'NETWORK_TIMEOUT'],
    ['HTML', Buffer.from('<html>'), 'DER_MALFORMED'],
  ])('still waits after %s, and polls with the same octets [L12]', async (_, reply, code) => {
    const scene = play([waiting, pollRep(60), reply]);
    await expect(scene.run()).rejects.toMatchObject({ code: expect.stringContaining(code) });
    expect(scene.saved.at(-1)?.state.phase).toMatchObject({
      type: 'waiting',
      value: { notBefore: later(65) },
    });
    expect(scene.events.at(-1)).toMatchObject({ type: 'error' });
    scene.script.push(granted, confirmed);
    expect(await scene.resume()).toEqual({ type: 'granted' });
    expect(scene.sent[3]).toEqual(scene.sent[2]);
    expect(scene.sent[2]).not.toEqual(scene.sent[1]);
  });

  it('changes nothing but the log by what a forged pollRep says [L12]', async () => {
    const forged = { ...pollRep(86_400), protection: () => new Uint8Array(32) };
    const scene = play([waiting, forged]);
    await expect(scene.run()).rejects.toMatchObject({ code: 'CMP_PROTECTION_INVALID' });
    expect(scene.saved.at(-1)?.state.phase).toMatchObject({ value: { notBefore: later(5) } });
    expect(scene.saved.at(-1)?.text).toBeUndefined();
  });
});

describe('follow() and a signal', () => {
  const stop = new Error('stopped by hand');

  it('stops sleeping, and leaves the position that was saved', async () => {
    const controller = new AbortController();
    const scene = play([waiting, pollRep(60)], {
      save: (step) => {
        scene.saved.push(step);
        if (step.state.phase.type === 'waiting') controller.abort(stop);
        return Promise.resolve();
      },
    });
    await expect(scene.run({ signal: controller.signal })).rejects.toBe(stop);
    expect(scene.requests).toHaveLength(2);
    expect(scene.saved.at(-1)?.state.phase.type).toBe('waiting');
  });

  it('stops before it sends, and goes on later with the octets that were saved', async () => {
    const controller = new AbortController();
    const scene = play([
      () => {
        controller.abort(stop);
        return waiting;
      },
    ]);
    await expect(scene.run({ signal: controller.signal })).rejects.toBe(stop);
    expect(scene.journal).toEqual(['send ir', 'save polled']);
    const { outgoing } = scene.saved.at(-1) ?? {};
    scene.script.push(granted, confirmed);
    expect(await scene.resume()).toEqual({ type: 'granted' });
    expect(scene.sent[1]).toEqual(outgoing);
  });
});

describe('follow() when somebody sets the clock', () => {
  it('asks once more before it takes a deadline for passed', async () => {
    const scene = play([waiting, pollRep(3600), granted, confirmed]);
    await scene.run({ waitSeconds: 0, deadlineSeconds: 86_400 });
    await scene.clock.advance(30 * 86_400);
    expect(await scene.resume({ byHand: true })).toEqual({ type: 'granted' });
  });

  it('goes on when the CA still says waiting then: nobody waited in that time', async () => {
    const scene = play([waiting, pollRep(3600), pollRep(3600), granted, confirmed]);
    await scene.run({ waitSeconds: 0, deadlineSeconds: 86_400 });
    await scene.clock.advance(30 * 86_400);
    expect(await scene.resume({ waitSeconds: 0 })).toMatchObject({ type: 'waiting' });
    await scene.clock.advance(30 * 86_400);
    expect(await scene.resume()).toEqual({ type: 'granted' });
  });

  it('goes on when the clock jumps during a wait, and expires when it has waited long enough', async () => {
    const clock = fakeClock(now);
    let jumps = 0;
    const jumping: Clock = {
      now: () => clock.now(),
      async sleep(ms) {
        await clock.sleep(ms);
        if (jumps++ === 0) await clock.advance(30 * 86_400);
      },
    };
    const scene = play(
      [waiting, ...Array.from({ length: 30 }, () => pollRep(3600))],
      { clock: jumping },
      clock,
    );
    const options = { waitSeconds: 90 * 86_400, deadlineSeconds: 86_400 };
    expect(await scene.run(options)).toEqual({ type: 'expired' });
    expect(polledFor(scene.requests).length).toBeGreaterThanOrEqual(24);
  });

  it('goes on with a request that was sent before the clock jumped', async () => {
    const stop = new Error('killed');
    const scene = play([stop]);
    await expect(scene.run({ deadlineSeconds: 86_400 })).rejects.toBe(stop);
    await scene.clock.advance(30 * 86_400);
    scene.script.push(waiting, pollRep(10), granted, confirmed);
    expect(await scene.resume({ isResumed: true })).toEqual({ type: 'granted' });
  });

  it('goes on waiting when the CA answers a poll with badTime', async () => {
    const scene = play([
      waiting,
      pollRep(10),
      { body: errorBody({ status: 'rejection', failInfo: ['badTime'] }) },
    ]);
    await expect(scene.run()).rejects.toMatchObject({ code: 'CMP_TIME_SKEW' });
    expect(scene.saved.at(-1)?.state.phase.type).toBe('waiting');
  });

  it('follows no longer than it was told, though the clock goes back again and again', async () => {
    let hours = 0;
    const clock = fakeClock(now);
    const backwards: Clock = {
      now: () => new Date(clock.now().getTime() - hours * 3_600_000),
      async sleep(ms) {
        await clock.sleep(ms);
        hours++;
      },
    };
    const scene = play([waiting, ...Array.from({ length: 50 }, () => pollRep(10))], {
      clock: backwards,
      timeToleranceSeconds: 0,
    });
    expect(await scene.run({ waitSeconds: 60 })).toMatchObject({ type: 'waiting' });
    expect(clock.slept.length).toBeLessThan(8);
  });
});
