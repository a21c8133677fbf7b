import { strict } from '../../src/cmp/protection/trust.ts';
import type { RequestBody } from '../../src/cmp/transaction/request.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { LifecycleEvent } from '../../src/base/events.ts';
import type { Random } from '../../src/base/random.ts';
import { beginTransaction, follow } from '../../src/cmp/client/client.ts';
import type {
  Conversation,
  Ending,
  Position,
  SavedStep,
} from '../../src/cmp/client/conversation.ts';
import { decodeMessage, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import type { MacCredential } from '../../src/cmp/protection/credential.ts';
import { decodeState, encodeState } from '../../src/cmp/transaction/state.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { nullDn } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { answerDer, macOfCa, noTrust, now, type AnswerOptions } from './answers.ts';

/** What the CA does with one message: answer, answer with odd octets, or fail as a network does. */
export type Reply = AnswerOptions | Uint8Array | Error;

/** The client and a CA that plays a script, with a journal of what happened in which order. */
export interface Play {
  readonly clock: FakeClock;
  readonly conversation: Conversation;
  /** `send ir`, `save confirming with certificate`, … */
  readonly journal: readonly string[];
  /** What the CA did that is odd and harmless. */
  readonly remarks: readonly string[];
  /** The messages the CA was sent. */
  readonly sent: readonly Uint8Array[];
  /** The same, decoded. */
  readonly requests: readonly PKIMessage[];
  /** The first is the position `run` began with. */
  readonly saved: SavedStep[];
  readonly events: readonly LifecycleEvent[];
  /** What the CA does next, in order. */
  script: (Reply | ((request: PKIMessage) => Reply))[];
  /** Begin an ir and follow it. */
  run(options?: RunOptions): Promise<Ending>;
  /** Go on as another process would: from the octets saved last. */
  resume(options?: RunOptions): Promise<Ending>;
}

export interface RunOptions {
  /** In place of an ir for a key of ours. */
  readonly request?: RequestBody;
  /** How long a CA that says `waiting` is followed. */
  readonly waitSeconds?: number;
  readonly deadlineSeconds?: number;
  /** What an earlier attempt learnt of the CA's clock. */
  readonly clockOffsetMs?: number;
  readonly byHand?: boolean;
  readonly isResumed?: boolean;
  readonly signal?: AbortSignal;
}

/** The device's side of the shared secret. */
export const device: MacCredential = { ...macOfCa, reference: 'device-1' };

/** For what needs no key but the credential's. */
export const noKeys: Conversation['keys'] = {
  own: () => Promise.reject(new Error('no key of our own')),
  provider: () => Promise.resolve(softwareKeys),
};

const usualRequest: RequestBody = {
  type: 'ir',
  value: [
    {
      certReq: {
        certReqId: 0,
        certTemplate: {
          subject: parseName('CN=gw1'),
          publicKey: {
            algorithm: algorithmIdentifier('ed25519'),
            subjectPublicKey: new Uint8Array(32).fill(1),
          },
        },
      },
    },
  ],
};

/** Octets that are never the same twice, and the same in every run. */
export function countingRandom(): Random {
  let count = 0;
  return {
    bytes: (length) => {
      count++;
      return Uint8Array.from({ length }, (_, i) => (i === 0 ? count : 0xa0));
    },
  };
}

/** Set up a client under a shared secret before a CA that plays `script`. */
export function play(
  script: Play['script'],
  parts: Partial<Conversation> & { readonly clock?: Clock } = {},
  clock: FakeClock = fakeClock(now),
): Play {
  const journal: string[] = [];
  const remarks: string[] = [];
  const sent: Uint8Array[] = [];
  const requests: PKIMessage[] = [];
  const saved: SavedStep[] = [];
  const events: LifecycleEvent[] = [];
  const nonces = countingRandom();
  const conversation: Conversation = {
    name: 'gw1',
    ca: 'lab',
    credential: device,
    trust: noTrust,
    clock,
    random: countingRandom(),
    recipient: { type: 'directoryName', value: nullDn },
    askImplicitConfirm: false,
    tolerance: strict,
    timeToleranceSeconds: 300,
    minPollSeconds: 5,
    pending: [],
    remark: (text) => void remarks.push(text),
    keys: noKeys,
    judge: () => ({ type: 'accept', chain: [] }),
    async save(step, happened) {
      // Before another turn of the loop, and only then, it counts as written.
      await Promise.resolve();
      const certificate = step.staged ? ' with certificate' : '';
      journal.push(`save ${step.state.phase.type}${certificate}`);
      saved.push(step);
      events.push(...happened);
    },
    transport: {
      async exchange(der, signal) {
        signal?.throwIfAborted();
        const request = decodeMessage(der);
        journal.push(`send ${request.body.type}`);
        sent.push(Uint8Array.from(der));
        requests.push(request);
        const next = self.script.shift();
        if (next === undefined) throw new Error(`nobody answers the ${request.body.type}`);
        const reply = typeof next === 'function' ? next(request) : next;
        if (reply instanceof Error) throw reply;
        return reply instanceof Uint8Array ? reply : answerTo(request, reply);
      },
      async close() {},
    },
    ...parts,
  };

  function answerTo({ header }: PKIMessage, options: AnswerOptions): Promise<Uint8Array> {
    const { transactionID, senderNonce: recipNonce } = header;
    return answerDer({
      ...options,
      header: {
        messageTime: clock.now(),
        senderNonce: nonces.bytes(16).fill(0xca, 1),
        ...(transactionID && { transactionID }),
        ...(recipNonce && { recipNonce }),
        ...options.header,
      },
    });
  }

  function go(from: Position, options: RunOptions): Promise<Ending> {
    const { waitSeconds = 3600, byHand = false, isResumed = false, signal } = options;
    const until = new Date(conversation.clock.now().getTime() + waitSeconds * 1000);
    return follow(conversation, from, until, { byHand, isResumed, ...(signal && { signal }) });
  }

  const self: Play = {
    clock,
    conversation,
    journal,
    remarks,
    sent,
    requests,
    saved,
    events,
    script,
    async run(options = {}) {
      const { request = usualRequest, deadlineSeconds = 86_400, clockOffsetMs = 0 } = options;
      const deadline = new Date(conversation.clock.now().getTime() + deadlineSeconds * 1000);
      const beginning = { request, pvno: 2, clockOffsetMs, deadline };
      const begun = await beginTransaction(conversation, beginning);
      saved.push(begun);
      return go(begun, options);
    },
    resume(options = {}) {
      const { state, outgoing } = saved.at(-1) ?? { state: undefined };
      if (!state) throw new Error('nothing was saved');
      const position = { state: decodeState(encodeState(state)), ...(outgoing && { outgoing }) };
      return go(position, options);
    },
  };
  return self;
}
