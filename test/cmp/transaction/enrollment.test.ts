import { describe, expect, it } from 'vitest';
import type { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import { implicitConfirm } from '../../../src/cmp/message/info-type-and-value.ts';
import { begin, receive, resume } from '../../../src/cmp/transaction/enrollment.ts';
import type { Issued, Step } from '../../../src/cmp/transaction/step.ts';
import type { Phase } from '../../../src/cmp/transaction/state.ts';
import { certificateDer } from '../../../src/x509/certificate.ts';
import { now, pkiconf, requestNonce, verifiedAnswer, type AnswerOptions } from '../answers.ts';
import {
  awaitingCertificate,
  awaitingPkiconf,
  ca,
  certificate,
  confirming,
  delayedNonce,
  errorBody,
  granting,
  refusing,
  requested,
  requestOf,
  response,
  stateIn,
  withCertificate,
} from './states.ts';

const limits = { minPollSeconds: 5 };
const polled: Phase = { type: 'polled', value: awaitingCertificate };
const polledForPkiconf: Phase = { type: 'polled', value: awaitingPkiconf };
const polledForRefusal: Phase = {
  type: 'polled',
  value: { ...awaitingPkiconf, from: { type: 'refusing', value: { reason: 'wrong key' } } },
};
const rejection = { status: 'rejection', failInfo: ['badPOP'], statusString: ['no'] } as const;

/** Take a real answer, protected and verified, in a phase of an ir. */
async function take(phase: Phase, body: PKIBody, options: AnswerOptions = {}): Promise<Step> {
  return receive(stateIn(phase), await verifiedAnswer(body, options), now, limits);
}

function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function pollRep(checkAfter: number, certReqId = 0, ...reason: string[]): PKIBody {
  const texts = reason.length > 0 && { reason };
  return { type: 'pollRep', value: [{ certReqId, checkAfter, ...texts }] };
}

describe('begin()', () => {
  it.each(['ir', 'cr', 'kur', 'p10cr', 'rr', 'genm'] as const)('sends an %s', (operation) => {
    const body = requestOf(operation);
    expect(begin(body)).toEqual({ type: 'send', phase: requested, body });
  });
});

describe('requested', () => {
  it.each([
    ['ir', 'ip'],
    ['cr', 'cp'],
    ['kur', 'kup'],
  ] as const)('takes the certificate that answers an %s', async (operation, type) => {
    const body = response(type, { status: 'accepted' }, withCertificate);
    const verified = await verifiedAnswer(body, { extraCerts: [ca.certificate] });
    const step = receive(stateIn(requested, operation), verified, now, limits);
    expect(step).toMatchObject({ type: 'judge', issued: { certReqId: 0, implicitConfirm: false } });
    const issued = issuedIn(step);
    expect(certificateDer(issued.certificate)).toEqual(certificateDer(certificate));
    expect(issued.extraCerts.map(certificateDer)).toEqual([certificateDer(ca.certificate)]);
    expect(issued.status.status).toBe('accepted');
  });

  it('tells a certificate granted with modifications apart [C1]', async () => {
    const status = { status: 'grantedWithMods', statusString: ['shorter'] } as const;
    const step = await take(requested, response('ip', status, withCertificate));
    expect(structuredClone(issuedIn(step).status)).toEqual(status);
  });

  it('hands on that implicitConfirm was granted', async () => {
    const step = await take(requested, granting, { header: { generalInfo: [implicitConfirm] } });
    expect(issuedIn(step).implicitConfirm).toBe(true);
  });

  it.each([
    ['ip', 'ir', 1],
    ['cp', 'cr', 0],
    ['kup', 'kur', 0],
  ] as const)(
    'hands on caPubs of an ip only; here of a %s [C16]',
    async (type, operation, count) => {
      const status = { status: 'accepted' } as const;
      const value = {
        caPubs: [ca.certificate],
        response: [{ certReqId: 0, status, ...withCertificate }],
      };
      const verified = await verifiedAnswer({ type, value });
      const step = receive(stateIn(requested, operation), verified, now, limits);
      expect(issuedIn(step).caPubs).toHaveLength(count);
      expect(issuedIn(step).ignoredCaPubs).toHaveLength(1 - count);
    },
  );

  it('polls with the certReqId of an ip that says waiting [L1][L11]', async () => {
    expect(await take(requested, response('ip', { status: 'waiting' }))).toEqual({
      type: 'send',
      phase: {
        type: 'polled',
        value: { from: requested, certReqId: 0, delayedNonce: requestNonce },
      },
      body: { type: 'pollReq', value: [{ certReqId: 0 }] },
    });
  });

  it('ends with the rejection of the CA, in an ip with caPubs beside it too [C2][C3]', async () => {
    const body = response('ip', rejection);
    if (body.type !== 'ip') throw new Error(body.type);
    const beside = { ...body.value, caPubs: [ca.certificate] };
    for (const value of [body.value, beside]) {
      expect(plain(await take(requested, { type: 'ip', value }))).toMatchObject({
        type: 'done',
        outcome: { type: 'rejected', status: rejection, details: [] },
      });
    }
  });

  it('ends with the rejection of an error message, with its details [L6]', async () => {
    expect(plain(await take(requested, errorBody(rejection, 'see log')))).toMatchObject({
      type: 'done',
      outcome: { type: 'rejected', status: rejection, details: ['see log'] },
    });
  });
});

describe('an error that says waiting', () => {
  it.each<[string, Phase]>([
    ['requested', requested],
    ['confirming', confirming],
    ['refusing', refusing],
  ])('starts polling for the whole answer when %s', async (_, phase) => {
    expect(await take(phase, errorBody({ status: 'waiting' }))).toEqual({
      type: 'send',
      phase: {
        type: 'polled',
        value: { from: phase, certReqId: -1, delayedNonce: requestNonce },
      },
      body: { type: 'pollReq', value: [{ certReqId: -1 }] },
    });
  });
});

describe('polled', () => {
  it.each([
    [60, 60],
    [5, 5],
    [4, 5],
    [0, 5],
    [-1, 5],
    [-(2 ** 31), 5],
    [2 ** 31, 366 * 86_400],
    [2 ** 46, 366 * 86_400],
  ])('waits after a checkAfter of %d for %d seconds [L2]', async (checkAfter, seconds) => {
    expect(await take(polled, pollRep(checkAfter))).toEqual({
      type: 'wait',
      phase: {
        type: 'waiting',
        value: { awaiting: awaitingCertificate, notBefore: later(seconds), since: now },
      },
    });
  });

  it('hands on the reason of a pollRep [L3]', async () => {
    expect(await take(polled, pollRep(60, 0, 'ask', 'Bob'))).toMatchObject({ text: 'ask; Bob' });
  });

  it('takes a pollRep with the id it polled with, and no other [L3]', async () => {
    expect(await take(polledForPkiconf, pollRep(60, -1))).toMatchObject({ type: 'wait' });
    for (const [phase, id] of [
      [polled, -1],
      [polled, 1],
      [polledForPkiconf, 0],
    ] as const) {
      await expect(take(phase, pollRep(60, id))).rejects.toMatchObject({
        code: 'CMP_RESPONSE_INVALID',
        message: expect.stringMatching(/^Cannot accept "pollRep": certReqId is -?\d, expected/),
      });
    }
  });

  it.each([0, 2])('refuses a pollRep with %d items', async (count) => {
    const item = { certReqId: 0, checkAfter: 1 };
    const value = Array.from({ length: count }, () => item);
    await expect(take(polled, { type: 'pollRep', value })).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
      message: `Cannot accept "pollRep": it has ${count} items, expected 1`,
    });
  });

  it('waits a second at least, whatever minimum is set: nothing spins [L2]', async () => {
    const verified = await verifiedAnswer(pollRep(0));
    const step = receive(stateIn(polled), verified, now, { minPollSeconds: 0 });
    expect(step).toMatchObject({
      type: 'wait',
      phase: { value: { notBefore: new Date(now.getTime() + 1000) } },
    });
  });

  it('waits the minimum after an ip or error that says waiting again, keeping the nonce [L2][L11]', async () => {
    const statusString = ['soon'];
    for (const body of [
      response('ip', { status: 'waiting', statusString }),
      errorBody({ status: 'waiting', statusString }),
    ]) {
      expect(await take(polled, body)).toEqual({
        type: 'wait',
        phase: {
          type: 'waiting',
          value: { awaiting: awaitingCertificate, notBefore: later(5), since: now },
        },
        text: 'soon',
      });
    }
  });

  it('polls for the certificate after a delayed ip came and says waiting', async () => {
    // The whole response was polled for with -1 and is here; what is awaited now is its certificate.
    const awaiting = { ...awaitingCertificate, certReqId: -1 };
    const body = response('ip', { status: 'waiting' });
    expect(await take({ type: 'polled', value: awaiting }, body)).toMatchObject({
      type: 'wait',
      phase: { value: { awaiting: { certReqId: 0, delayedNonce } } },
    });
  });

  it('waits on for a pkiconf after an error that says waiting again', async () => {
    for (const phase of [polledForPkiconf, polledForRefusal]) {
      expect(await take(phase, errorBody({ status: 'waiting' }))).toMatchObject({
        type: 'wait',
        phase: { type: 'waiting', value: { awaiting: phase.value, notBefore: later(5) } },
      });
    }
  });

  it('takes the certificate when it comes', async () => {
    expect(await take(polled, granting)).toMatchObject({ type: 'judge' });
  });

  it('ends with a rejection in an ip or error', async () => {
    for (const body of [response('ip', rejection), errorBody(rejection)]) {
      expect(await take(polled, body)).toMatchObject({ outcome: { type: 'rejected' } });
    }
  });

  it('takes no certificate while it waits for a pkiconf', async () => {
    for (const body of [granting, response('ip', { status: 'waiting' })]) {
      await expect(take(polledForPkiconf, body)).rejects.toMatchObject({
        code: 'CMP_BODY_UNEXPECTED',
        message: 'Cannot accept "ip": expected "pkiconf"',
      });
    }
  });
});

describe('waiting', () => {
  const notBefore = later(60);

  it('polls again with the same id when resumed', () => {
    for (const awaiting of [awaitingCertificate, awaitingPkiconf]) {
      const phase: Phase = { type: 'waiting', value: { awaiting, notBefore } };
      expect(resume(stateIn(phase))).toEqual({
        type: 'send',
        phase: { type: 'polled', value: awaiting },
        body: { type: 'pollReq', value: [{ certReqId: awaiting.certReqId }] },
      });
    }
  });

  it('is the only phase that can be resumed', () => {
    for (const phase of [requested, polled, confirming, refusing]) {
      expect(() => resume(stateIn(phase))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
  });

  it('takes no answer, nor does granted: nothing was sent', async () => {
    for (const phase of [
      { type: 'waiting', value: { awaiting: awaitingCertificate, notBefore } },
      { type: 'granted', value: null },
    ] satisfies Phase[]) {
      await expect(take(phase, pkiconf)).rejects.toMatchObject({ code: 'INTERNAL' });
    }
  });

  it('goes on for ever when every poll is answered by waiting, never without a wait [L2]', async () => {
    let phase: Phase = polled;
    let at = now;
    for (let polls = 0; polls < 100; polls++) {
      const answer = await verifiedAnswer(response('ip', { status: 'waiting' }));
      const step = receive(stateIn(phase), answer, at, limits);
      if (step.type !== 'wait') throw new Error(step.type);
      expect(step.phase.value.notBefore.getTime() - at.getTime()).toBe(5000);
      at = step.phase.value.notBefore;
      const next = resume(stateIn(step.phase));
      if (next.type !== 'send') throw new Error(next.type);
      phase = next.phase;
    }
  });
});

function issuedIn(step: Step): Issued {
  if (step.type !== 'judge') throw new Error(step.type);
  return step.issued;
}

/** Without the octets decoded values remember. */
function plain(step: Step): Step {
  return structuredClone(step);
}
