import { toHex } from '../base/bytes.ts';
import { oids } from '../asn1/oids.ts';
import { CertError, errorClassOf } from '../base/errors.ts';
import type { LifecycleEvent } from '../base/events.ts';
import { beginTransaction, follow } from '../cmp/client/client.ts';
import type { Ending } from '../cmp/client/conversation.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { info } from '../cmp/message/info-values.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import type { TransactionState } from '../cmp/transaction/state.ts';
import { addressedBy, operationUrl } from '../cmp/transport/operation-url.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { ClosedExchange } from '../store/records-contract.ts';
import type { Credential as StoredCredential } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { openConversation } from './conversation.ts';
import { openCredential } from './credential.ts';
import { learntBy, newAttempt, type NewAttempt } from './new-attempt.ts';

/** A question to a CA. */
export interface Question {
  readonly profile: CaProfile;
  /** In place of the profile's. */
  readonly url: string | undefined;
  readonly credential: StoredCredential;
  readonly item: InfoTypeAndValue;
  readonly waitSeconds: number;
}

/** What came of it; what broke is thrown instead. */
export type Answer = { readonly transactionID: string } & (
  | (Ending & { readonly type: 'informed' | 'rejected' })
  /** It still says so when the wait is over. */
  | { readonly type: 'waiting' }
);

/**
 * Ask a CA for something: a genm (RFC 9810 section 5.3.19). Nothing is stored while it goes on: a question that
 * was interrupted is asked again. What became of it is in the history.
 */
export async function ask(context: LifecycleContext, question: Question): Promise<Answer> {
  const until = new Date(context.clock.now().getTime() + question.waitSeconds * 1000);
  const attempts: NewAttempt[] = [];
  for (;;) {
    const { answer, state } = await askOnce(context, question, until, attempts);
    if (answer.type !== 'rejected') return answer;
    const now = context.clock.now();
    const leftMs = until.getTime() - now.getTime();
    const attempt = newAttempt(answer, attempts, state.pvno, now, leftMs);
    if (!attempt) return answer;
    attempts.push(attempt);
    if (attempt.type === 'unavailable') await context.clock.sleep(attempt.delayMs, context.signal);
  }
}

async function askOnce(
  context: LifecycleContext,
  { profile, url, credential, item }: Question,
  until: Date,
  attempts: readonly NewAttempt[],
): Promise<{ readonly answer: Answer; readonly state: TransactionState }> {
  const { store, clock, connect, signal, progress } = context;
  const address = url ?? operationUrl(profile.url, addressedBy(item), profile.operationLabels);
  const transport = connect(address, profile);
  const events: LifecycleEvent[] = [];
  const conversation = openConversation(context, {
    name: profile.label,
    profile,
    credential: await openCredential(context, credential, profile),
    transport,
    crls: await store.crls.list(profile.label),
    save: (_, happened) => {
      events.push(...happened);
      return Promise.resolve();
    },
  });
  const openedAt = clock.now();
  const learnt = learntBy(attempts);
  const first = await beginTransaction(conversation, {
    request: { type: 'genm', value: [item] },
    generalInfo: generalInfoFor(item, profile),
    pvno: learnt.pvno ?? profile.pvno,
    clockOffsetMs: learnt.clockOffsetMs ?? 0,
    deadline: new Date(openedAt.getTime() + profile.transactionDeadlineSeconds * 1000),
  });
  const transactionID = toHex(first.state.transactionID);
  const at = { name: profile.label, ca: profile.label, transactionID };
  events.push(
    { at: openedAt, ...at, type: 'requested', operation: 'genm' },
    { at: openedAt, ...at, type: 'sent', body: 'genm' },
  );
  progress?.({ type: 'sending', body: 'genm', url: address });
  const close = async (
    outcome: Pick<ClosedExchange, 'result' | 'text'>,
    ...more: LifecycleEvent[]
  ): Promise<void> => {
    const exchange = { ...at, operation: 'genm', openedAt, closedAt: clock.now() } as const;
    await store.history.record({ ...exchange, ...outcome }, [
      ...events,
      ...conversation.pending.splice(0),
      ...more,
    ]);
  };
  try {
    const ending = await follow(conversation, first, until, { ...(signal && { signal }) });
    const answer = await conclude(ending, transactionID, close);
    return { answer, state: first.state };
  } catch (error) {
    const errorClass = error instanceof CertError ? errorClassOf[error.code] : undefined;
    if (error instanceof CertError && errorClass !== undefined) {
      const { code, message: text } = error;
      const failed = { at: clock.now(), ...at, type: 'failed', code, errorClass, text } as const;
      await close({ result: 'failed', text }, failed);
      const hint = error.hint !== undefined && { hint: error.hint };
      throw new CertError(code, text, { cause: error, transactionID, ...hint });
    }
    throw error;
  } finally {
    await transport.close();
  }
}

/** H13: one certProfile, where the answer is about requests under it. */
function generalInfoFor(
  { infoType }: InfoTypeAndValue,
  { certProfile }: CaProfile,
): readonly InfoTypeAndValue[] {
  const isForRequests = infoType === oids.certReqTemplate;
  return certProfile !== undefined && isForRequests ? [info('certProfile', [certProfile])] : [];
}

async function conclude(
  ending: Ending,
  transactionID: string,
  close: (outcome: Pick<ClosedExchange, 'result' | 'text'>) => Promise<void>,
): Promise<Answer> {
  switch (ending.type) {
    case 'informed':
      await close({ result: 'granted' });
      return { ...ending, transactionID };
    case 'rejected':
      await close({ result: 'rejected', text: formatStatus(ending.status) });
      return { ...ending, transactionID };
    case 'waiting':
    case 'expired':
      await close({ result: 'failed', text: 'the CA had not answered when the wait was over' });
      return { type: 'waiting', transactionID };
    default:
      throw new CertError('INTERNAL', `Cannot take "${ending.type}" for the answer to a question`);
  }
}
