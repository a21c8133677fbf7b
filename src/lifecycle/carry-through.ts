import { toHex } from '../base/bytes.ts';
import { CertError, errorClassOf } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { follow } from '../cmp/client/client.ts';
import type { Ending } from '../cmp/client/conversation.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import type { RequestBody } from '../cmp/transaction/request.ts';
import { sealedPartOf } from '../cmp/transaction/sealed-answer.ts';
import { decodeState, type TransactionState } from '../cmp/transaction/state.ts';
import type { Store, TransactionRecord } from '../store/store.ts';
import { findProfile } from './authority.ts';
import { localCaCertificates } from './build-chain.ts';
import { closeFailed, conclude, rejection, type Concluding } from './conclude.ts';
import type { LifecycleContext } from './context.ts';
import { bodyOf, openConversation, toChange } from './conversation.ts';
import { openCredential } from './credential.ts';
import { daysSet } from './days-set.ts';
import { givenUp } from './given-up.ts';
import { assertStillFirst } from './keep-anchor.ts';
import { learntBy, newAttempt, type NewAttempt } from './new-attempt.ts';
import { prepareRequest } from './open-request.ts';
import type { Renewal } from './renewal-time.ts';
import type { EnrollmentResult } from './result.ts';

/** How far to follow a transaction. */
export interface FollowOptions {
  /** How long to follow a CA that says `waiting`; 0 returns at once. */
  readonly waitSeconds: number;
  /** Poll now, before the time the CA named. */
  readonly byHand?: boolean;
  /** What goes out first was sent before, by a process that is no more. */
  readonly isResumed?: boolean;
  /** What led to this attempt, and to those before it. */
  readonly attempts?: readonly NewAttempt[];
}

/**
 * Carry a stored transaction through, from wherever it stands to a delivered certificate: the same path
 * for a new request, one that waited for days, and one whose process was killed.
 *
 * @throws {CertError} when no answer came, or one that cannot be believed, or files could not be written
 */
export async function carryThrough(
  context: LifecycleContext,
  opened: TransactionRecord,
  options: FollowOptions,
): Promise<EnrollmentResult> {
  const { store, clock, signal } = context;
  const { byHand = false, isResumed = false } = options;
  const profile = await findProfile(store, opened.ca);
  const state = decodeState(opened.state);
  const stored = await store.transactions.credential(opened.id);
  // T9: where the request went that began it.
  const transport = context.connect(opened.url, profile);
  let record = opened;
  const conversation = openConversation(context, {
    name: opened.name,
    profile,
    credential: await openCredential(context, stored, profile, state.protectionAlg),
    transport,
    keyId: opened.keyId,
    crls: await store.crls.list(profile.label),
    issuers: await localCaCertificates(store),
    renewal: await renewalOf(store, opened.name),
    async save(saved, events) {
      const { anchor } = saved.state;
      if (saved.staged && anchor) await assertStillFirst(context, profile, anchor);
      record = await store.transactions.advance(record, toChange(saved, record.polls), events);
      report(context, record, options);
    },
  });
  // Who polls by hand does not wait for the time the CA named: it would be told of a wait there is not.
  if (!(byHand && record.phase === 'waiting')) report(context, record, options);
  try {
    const until = new Date(clock.now().getTime() + options.waitSeconds * 1000);
    const ending = await follow(
      conversation,
      { state, ...(opened.outgoing && { outgoing: opened.outgoing }) },
      until,
      { byHand, isResumed, ...(signal && { signal }) },
    );
    const attempt = attemptAfter(ending, state, options, clock.now(), until);
    if (attempt && (ending.type === 'lost' || ending.type === 'rejected')) {
      const refused = { record, state, ending, conversation, options, until };
      return await beginAnew(context, refused, attempt);
    }
    return await conclude(context, { record, state, ending, conversation });
  } catch (error) {
    const end = await givenUp(context, record, error);
    const isKept = end === undefined && (isResumed || context.comesBack === true);
    await closeFailed(context, { record, error: end ?? error, conversation, isKept });
    throw await explained(context, record, end ?? error);
  } finally {
    await transport.close();
  }
}

/** Say when the next certificate of a name will be renewed. */
async function renewalOf(store: Store, name: Label): Promise<Renewal> {
  const versions = (await store.certificates.versions(name)).map(({ version }) => version);
  const days = await daysSet(store, name, 'auto-update-days');
  return {
    which: { name, version: Math.max(0, ...versions) + 1 },
    ...(days !== undefined && { days }),
  };
}

/** Add to what the peer or the network did wrong whose answer it was, to which transaction, and what now. */
async function explained(
  { store, comesBack = false }: LifecycleContext,
  { id, name, ca, transactionID }: TransactionRecord,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof CertError)) return error;
  const errorClass = errorClassOf[error.code];
  // Nothing of the transaction was lost with the token: it goes on when that is back.
  const isToken = error.code === 'TOKEN_UNAVAILABLE' || error.code === 'TOKEN_PIN_WRONG';
  if (errorClass === undefined && !isToken) return error;
  const isHeard = !isToken && errorClass !== 'transport' && errorClass !== 'http';
  const isOutstanding = (await store.transactions.get(id)) !== undefined;
  const hints = [
    error.hint ??
      (isHeard ? 'Nothing of the answer was used; show this to whoever runs the CA' : ''),
    isOutstanding
      ? `The request stays outstanding: ${comesBack ? 'the agent sends it again, or ' : ''}go on with ` +
        `"certkeeper cmp poll current-cert ${name}"`
      : '',
  ].filter((hint) => hint !== '');
  return new CertError(error.code, isHeard ? `${error.message} (from CA "${ca}")` : error.message, {
    cause: error,
    transactionID: toHex(transactionID),
    ...(hints.length > 0 && { hint: hints.join('. ') }),
  });
}

function report(
  { progress }: LifecycleContext,
  at: TransactionRecord,
  { waitSeconds }: Pick<FollowOptions, 'waitSeconds'>,
): void {
  if (!progress) return;
  if (at.phase === 'waiting' && at.nextAt) {
    // Who does not wait sees no next poll: when it is due is said in the end.
    if (waitSeconds === 0) return;
    const text = at.text !== undefined && { text: at.text };
    progress({ type: 'waiting', polls: at.polls, next: at.nextAt, ...text });
  } else if (at.outgoing) {
    progress({ type: 'sending', body: bodyOf(at.outgoing), url: at.url });
  }
}

function attemptAfter(
  ending: Ending,
  state: TransactionState,
  { attempts = [] }: FollowOptions,
  now: Date,
  until: Date,
): NewAttempt | undefined {
  if (!canBeMadeAnew(state.request)) return undefined;
  if (ending.type === 'rejected') {
    return newAttempt(ending, attempts, state.pvno, now, until.getTime() - now.getTime());
  }
  // Once: a CA that loses every answer must not be asked for one certificate after another.
  const isFirst = !attempts.some(({ type }) => type === 'transactionIdInUse');
  return ending.type === 'lost' && isFirst ? { type: 'transactionIdInUse' } : undefined;
}

/** A request an earlier version stored lacks its proof of possession, which the CA would miss. */
function canBeMadeAnew(request: RequestBody): boolean {
  if (request.type !== 'ir' && request.type !== 'cr' && request.type !== 'kur') return true;
  return request.value[0]?.popo !== undefined || sealedPartOf(request) === 'privateKey';
}

/** Close a transaction that the CA refused for a reason of the moment, and ask the same anew (row L13). */
async function beginAnew(
  context: LifecycleContext,
  refused: Concluding & {
    readonly ending: Ending & { readonly type: 'lost' | 'rejected' };
    readonly options: FollowOptions;
    readonly until: Date;
  },
  attempt: NewAttempt,
): Promise<EnrollmentResult> {
  const { store, clock, log, signal } = context;
  const { record, state, ending, conversation, options, until } = refused;
  const { keyId, previousCertificateId } = record;
  const { clockOffsetMs } = decodeState(record.state);
  const why =
    ending.type === 'lost'
      ? `the CA does not answer the request for "${record.name}" a second time ` +
        `(${formatStatus(ending.status)}), and may have issued a certificate nobody holds`
      : `the CA refused the request for "${record.name}" (${formatStatus(ending.status)})`;
  log.warn(`${why}; the same follows in a new transaction`);
  const previous =
    previousCertificateId === undefined
      ? undefined
      : await store.certificates.get(previousCertificateId);
  const { transaction, events } = await prepareRequest(context, {
    name: record.name,
    profile: await findProfile(store, record.ca),
    url: record.isUrlGiven ? record.url : undefined,
    credential: await store.transactions.credential(record.id),
    build: () => Promise.resolve(state.request),
    ...(keyId !== undefined && { key: { id: keyId } }),
    ...(previous && { previous }),
    generalInfo: state.generalInfo,
    learnt: { pvno: state.pvno, clockOffsetMs, ...learntBy([attempt]) },
  });
  const { outcome, event } = rejection(record, ending, clock.now());
  const closing = [...conversation.pending.splice(0), event];
  // One write: a kill between closing and opening would forget the key.
  const again = await store.transactions.replace(
    record,
    outcome,
    event.at,
    closing,
    transaction,
    events,
  );
  if (attempt.type === 'unavailable') await clock.sleep(attempt.delayMs, signal);
  return carryThrough(context, again, {
    // L8: within what the command may wait in all.
    waitSeconds: Math.max(0, until.getTime() - clock.now().getTime()) / 1000,
    attempts: [...(options.attempts ?? []), attempt],
  });
}
