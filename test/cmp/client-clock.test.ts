import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { CertError } from '../../src/base/errors.ts';
import type { PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { now, pkiconf, type AnswerOptions } from './answers.ts';
import { play, type Play } from './scripted-ca.ts';
import { errorBody, granting, response } from './transaction/states.ts';

const granted: AnswerOptions = { body: granting };
const confirmed: AnswerOptions = { body: pkiconf };
const waiting: AnswerOptions = { body: response('ip', { status: 'waiting' }) };
const badTime: AnswerOptions = {
  body: errorBody({ status: 'rejection', failInfo: ['badTime'] }),
};
const killed = new Error('killed');

const dayMs = 86_400_000;

function pollRep(checkAfter: number): AnswerOptions {
  return { body: { type: 'pollRep', value: [{ certReqId: 0, checkAfter }] } };
}

/** A client whose clock is off by so much, which may change, before a CA whose clock is right. */
interface Scene extends Play {
  aheadMs: number;
  readonly theirs: FakeClock;
  /** What the CA says to messages of this moment; to others it says badTime. */
  says(...answers: readonly AnswerOptions[]): void;
}

function scene(aheadMs: number): Scene {
  const theirs = fakeClock(now);
  const ours: Clock = {
    now: () => new Date(theirs.now().getTime() + self.aheadMs),
    sleep: (ms, signal) => theirs.sleep(ms, signal),
  };
  const checked = (answer: AnswerOptions) => (request: PKIMessage) => {
    const sentAt = request.header.messageTime?.getTime() ?? 0;
    if (Math.abs(sentAt - theirs.now().getTime()) <= 300_000) return answer;
    self.script.unshift(checked(answer));
    return badTime;
  };
  const self: Scene = Object.assign(play([], { clock: ours }, theirs), {
    aheadMs,
    theirs,
    says(...answers: readonly AnswerOptions[]) {
      self.script.push(...answers.map(checked));
    },
  });
  return self;
}

function types({ requests }: Play): readonly string[] {
  return requests.map(({ body }) => body.type);
}

describe('follow() by the clock of the CA, which has said by badTime how far ours is off', () => {
  it.each([
    ['ahead', 40 * dayMs],
    ['behind', -40 * dayMs],
    ['a little ahead', 3_600_000],
  ])(
    'learns it anew when ours, which was %s, is set right while the CA lets it wait [L8]',
    async (_, aheadMs) => {
      const talk = scene(aheadMs);
      talk.says(waiting, pollRep(3600));
      expect(await talk.run({ waitSeconds: 0, clockOffsetMs: -aheadMs })).toMatchObject({
        type: 'waiting',
      });
      talk.aheadMs = 0;
      await talk.theirs.advance(3600);
      talk.says(granted, confirmed);
      expect(await talk.resume({ byHand: true, isResumed: true })).toEqual({ type: 'granted' });
      expect(types(talk)).toEqual(['ir', 'pollReq', 'pollReq', 'pollReq', 'certConf']);
      expect(talk.saved.at(-1)?.state.clockOffsetMs).toBe(0);
    },
  );

  it('learns it while the CA lets it wait, when ours is set wrong only then [L8]', async () => {
    const talk = scene(0);
    talk.says(waiting, pollRep(3600));
    await talk.run({ waitSeconds: 0 });
    talk.aheadMs = 5 * dayMs;
    await talk.theirs.advance(3600);
    talk.says(pollRep(60), granted, confirmed);
    expect(await talk.resume({ byHand: true, isResumed: true })).toEqual({ type: 'granted' });
    expect(types(talk).slice(2)).toEqual(['pollReq', 'pollReq', 'pollReq', 'certConf']);
    expect(talk.saved.at(-1)?.state.clockOffsetMs).toBe(-5 * dayMs);
  });

  it('learns it twice when ours is set twice while it polls [L8]', async () => {
    const talk = scene(0);
    talk.says(waiting, pollRep(3600), pollRep(3600), granted, confirmed);
    let hours = 0;
    const sleep = talk.conversation.clock.sleep;
    Object.assign(talk.conversation.clock, {
      sleep: async (ms: number) => {
        await sleep(ms);
        talk.aheadMs = ++hours * 3_600_000;
      },
    });
    expect(await talk.run({ waitSeconds: 86_400 })).toEqual({ type: 'granted' });
    const refused = talk.events.filter((event) => 'failInfo' in event && event.failInfo);
    expect(refused).toHaveLength(2);
  });

  it('says each poll once more, and not again and again, to a CA that takes no time for right', async () => {
    const talk = scene(0);
    talk.says(waiting);
    const skew = { code: 'CMP_TIME_SKEW' };
    let hours = 0;
    const another = (): AnswerOptions => {
      talk.script.push(another);
      const messageTime = new Date(now.getTime() + ++hours * 3_600_000);
      return { ...badTime, header: { messageTime } };
    };
    talk.script.push(another);
    await expect(talk.run()).rejects.toMatchObject(skew);
    expect(types(talk)).toEqual(['ir', 'pollReq', 'pollReq']);
    expect(talk.saved.at(-1)?.state.phase.type).toBe('waiting');
    const later = talk.resume({ byHand: true, isResumed: true });
    await expect(later).rejects.toMatchObject(skew);
    expect(types(talk)).toHaveLength(5);
  });

  it.each<[string, AnswerOptions]>([
    ['not what time it is', { ...badTime, without: ['messageTime'] }],
    ['nonsense', { ...badTime, header: { messageTime: new Date('2126-01-01T00:00:00Z') } }],
  ])('goes by our clock again when the CA says badTime and %s [L8]', async (_, answer) => {
    const talk = scene(0);
    talk.script.push(waiting, answer, granted, confirmed);
    expect(await talk.run({ clockOffsetMs: 200_000 })).toEqual({ type: 'granted' });
    const aheadMs = talk.requests.map(({ header }) => Number(header.messageTime) - Number(now));
    expect(aheadMs).toEqual([200_000, 200_000, 0, 0]);
  });

  it('takes an answer whose time fits our clock again, and forgets the difference [R5]', async () => {
    const talk = scene(-5 * dayMs);
    talk.says(waiting, pollRep(3600));
    await talk.run({ waitSeconds: 0, clockOffsetMs: 5 * dayMs });
    talk.aheadMs = 0;
    // A CA that looks at no messageTime of ours.
    talk.script.push(pollRep(60), granted, confirmed);
    expect(await talk.resume({ byHand: true, isResumed: true })).toEqual({ type: 'granted' });
    const [, , one, two] = talk.requests.map(({ header }) => header.messageTime?.getTime() ?? 0);
    expect((one ?? 0) - talk.theirs.now().getTime()).toBeGreaterThan(4 * dayMs);
    expect(Math.abs((two ?? 0) - talk.theirs.now().getTime())).toBeLessThan(60_001);
  });

  it.each([
    ['requested', [killed], [granted, confirmed]],
    ['polled', [waiting, killed], [granted, confirmed]],
    ['confirming', [granted, killed], [confirmed]],
  ] as const)('learns it anew for a message that is too old by now (%s)', async (_, was, then) => {
    const talk = scene(3 * dayMs);
    talk.script.push(...was);
    await expect(talk.run({ clockOffsetMs: -3 * dayMs })).rejects.toBe(killed);
    talk.aheadMs = 0;
    await talk.theirs.advance(3600);
    talk.says(...then);
    expect(await talk.resume({ isResumed: true })).toEqual({ type: 'granted' });
  });
});

describe('follow() after our clock was set back', () => {
  it('asks at once what was to be asked in a future that there was not', async () => {
    const talk = scene(40 * dayMs);
    talk.says(waiting, pollRep(3600));
    await talk.run({ waitSeconds: 0, clockOffsetMs: -40 * dayMs });
    talk.aheadMs = 0;
    await talk.theirs.advance(3600);
    talk.says(granted, confirmed);
    expect(await talk.resume({ waitSeconds: 60, isResumed: true })).toEqual({ type: 'granted' });
    expect(talk.theirs.slept).toEqual([]);
  });

  it('waits as long as the CA wants when it was set back by no more than clocks are adjusted', async () => {
    const talk = scene(30_000);
    talk.says(waiting, pollRep(3600), granted, confirmed);
    await talk.run({ waitSeconds: 0 });
    talk.aheadMs = 0;
    expect(await talk.resume({ waitSeconds: 7200 })).toEqual({ type: 'granted' });
    expect(talk.theirs.slept).toEqual([3_630_000]);
  });

  it.each([
    ['the CA lets it wait', [waiting, pollRep(3600)]],
    ['nobody answered', [killed]],
    ['a poll was not answered', [waiting, killed]],
  ] as const)('ends at the deadline it was given when %s [L4]', async (_, said) => {
    const talk = scene(40 * dayMs);
    talk.script.push(...said);
    const options = { waitSeconds: 0, clockOffsetMs: -40 * dayMs, deadlineSeconds: 10 * 86_400 };
    const first = await Promise.allSettled([talk.run(options)]);
    expect(first[0].status).toBe(said.some((each) => each === killed) ? 'rejected' : 'fulfilled');
    talk.aheadMs = 0;
    // Somebody asks each half day, and the CA never decides.
    for (let half = 0; ; half++) {
      expect(half).toBeLessThan(25);
      talk.says(pollRep(3600), pollRep(3600));
      if (talk.saved.at(-1)?.state.phase.type === 'requested') talk.script.unshift(waiting);
      const ending = await talk.resume({ byHand: true, isResumed: true, waitSeconds: 0 });
      talk.script.length = 0;
      if (ending.type === 'expired') break;
      expect(ending.type).toBe('waiting');
      await talk.theirs.advance(43_200);
    }
    expect(talk.theirs.now().getTime() - now.getTime()).toBeGreaterThan(9 * dayMs);
  });
});

describe('follow() past the deadline', () => {
  const forged: AnswerOptions = { body: granting, protection: () => new Uint8Array(32) };

  it.each([
    ['a badTime nothing can be done about', badTime, 'CMP_TIME_SKEW'],
    ['an answer nobody can believe', forged, 'CMP_PROTECTION_INVALID'],
  ] as const)('waits no more after %s [L4]', async (_, answer, code) => {
    const talk = scene(0);
    talk.script.push(waiting, pollRep(3600));
    await talk.run({ waitSeconds: 0, deadlineSeconds: 7200 });
    for (const [hours, phase] of [
      [1, 'waiting'],
      [1, 'waiting'],
      [1, 'polled'],
    ] as const) {
      await talk.theirs.advance(hours * 3600);
      talk.script.push(answer, answer);
      const ending = talk.resume({ byHand: true, isResumed: true, waitSeconds: 0 });
      await expect(ending).rejects.toMatchObject({ code });
      talk.script.length = 0;
      expect(talk.saved.at(-1)?.state.phase.type).toBe(phase);
    }
  });

  it('waits on while nobody answers: what outlasts an outage is asked once it is over', async () => {
    const talk = scene(0);
    talk.script.push(waiting, pollRep(3600));
    await talk.run({ waitSeconds: 0, deadlineSeconds: 7200 });
    for (const code of ['NETWORK_UNREACHABLE', 'HTTP_STATUS'] as const) {
      await talk.theirs.advance(7200);
      talk.script.push(new CertError(code, 'Cannot connect'));
      const ending = talk.resume({ byHand: true, isResumed: true, waitSeconds: 0 });
      await expect(ending).rejects.toMatchObject({ code });
      expect(talk.saved.at(-1)?.state.phase.type).toBe('waiting');
    }
    talk.script.push(granted, confirmed);
    const ending = await talk.resume({ byHand: true, isResumed: true, waitSeconds: 0 });
    expect(ending).toEqual({ type: 'granted' });
  });
});
