import type { CertRepMessage } from '../cmp/message/cert-rep-message.ts';
import type { PKIBody } from '../cmp/message/pki-message.ts';
import type { PollRep } from '../cmp/message/polling.ts';
import type { Draft, DraftFault, Fault } from './fault-draft.ts';

/** Faults of those who let others wait. */
export const pollingFaults: Readonly<Record<string, Fault>> = {
  'endless-waiting': {
    where: 'draft',
    ends: 'refused',
    summary: 'Every answer says waiting, those to polls too',
    times: Infinity,
    appliesTo: ({ body }) => isCertRep(body) || body.type === 'pollRep',
    change(draft) {
      const { body, firstBody } = draft;
      const [only] = isCertRep(body) ? body.value.response : [];
      const status = { status: 'waiting', statusString: ['Later, perhaps'] } as const;
      const value: CertRepMessage = { response: [{ certReqId: only?.certReqId ?? 0, status }] };
      const type = isCertRep(body)
        ? body.type
        : firstBody === 'cp' || firstBody === 'kup'
          ? firstBody
          : 'ip';
      return { ...draft, body: { type, value } };
    },
  },
  'poll-rep-id-77': pollRep('The pollRep is about certReqId 77', 'refused', () => ({
    certReqId: 77,
  })),
  'two-poll-reps': {
    ...pollRep('The pollRep has two items', 'refused', () => ({})),
    change: (draft) => {
      const { body } = draft;
      if (body.type !== 'pollRep') return draft;
      return { ...draft, body: { ...body, value: [...body.value, ...body.value] } };
    },
  },
  'check-after-0': pollRep('The checkAfter is 0', 'survived', () => ({ checkAfter: 0 })),
  'check-after-negative': pollRep('The checkAfter is -1', 'survived', () => ({ checkAfter: -1 })),
  'check-after-2-31': pollRep('The checkAfter is 2^31 seconds', 'survived', () => ({
    checkAfter: 2 ** 31,
  })),
};

function pollRep(
  summary: string,
  ends: Fault['ends'],
  change: (old: PollRep) => Partial<PollRep>,
): DraftFault {
  return {
    where: 'draft',
    ends,
    summary,
    appliesTo: ({ body }) => body.type === 'pollRep',
    change(draft) {
      const { body } = draft;
      if (body.type !== 'pollRep') return draft;
      const value = body.value.map((one) => ({ ...one, ...change(one) }));
      return { ...draft, body: { ...body, value } };
    },
  };
}

/** Tell whether a body is an ip, cp or kup. */
export function isCertRep(
  body: PKIBody,
): body is Extract<PKIBody, { readonly type: 'ip' | 'cp' | 'kup' }> {
  return body.type === 'ip' || body.type === 'cp' || body.type === 'kup';
}

/** Tell whether an answer ends polling, if it was polled for. */
export function isFinal({ body }: Draft): boolean {
  return isCertRep(body) && body.value.response[0]?.status.status !== 'waiting';
}

/** Tell whether an answer brings a certificate. */
export function bringsCertificate({ body }: Draft): boolean {
  return isCertRep(body) && body.value.response[0]?.certifiedKeyPair !== undefined;
}
