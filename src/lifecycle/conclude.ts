import { formatTime } from '../base/format-time.ts';
import { CertError, errorClassOf, unreachable } from '../base/errors.ts';
import type { EventContext, LifecycleEvent } from '../base/events.ts';
import type { Label } from '../base/label.ts';
import { tolerances } from '../asn1/der-reader.ts';
import { toHex } from '../base/bytes.ts';
import type { Conversation, Ending } from '../cmp/client/conversation.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import { askedIn } from '../cmp/transaction/request.ts';
import { decodeState, type Phase, type TransactionState } from '../cmp/transaction/state.ts';
import type { TransactionChange, TransactionRecord } from '../store/store.ts';
import type { TransactionOutcome } from '../store/records-contract.ts';
import { toleratedIn } from '../x509/certificate.ts';
import type { LifecycleContext } from './context.ts';
import { isUnanswered } from './conversation.ts';
import { concludeRevocation, isRevokedAlready } from './conclude-revocation.ts';
import { findProfile } from './authority.ts';
import { deliverAnchors } from './deliver-anchors.ts';
import { keepAnchor } from './keep-anchor.ts';
import { deliverCertificate } from './deliver-certificate.ts';
import { additions, contradictions } from './judge-certificate.ts';
import type { EnrollmentResult } from './result.ts';
import { modifications } from './modifications.ts';
import { storedCertificate } from './stored-certificate.ts';

/** A transaction that `follow` has stopped at. */
export interface Concluding {
  readonly record: TransactionRecord;
  readonly state: TransactionState;
  readonly ending: Ending;
  readonly conversation: Conversation;
}

/** Close what has ended, in one write with what is true from then on, and say how. */
export async function conclude(
  context: LifecycleContext,
  { record, state, ending, conversation }: Concluding,
): Promise<EnrollmentResult> {
  const { store, clock } = context;
  const { name, ca } = record;
  const said = { name, ca, transactionID: toHex(record.transactionID) };
  if (ending.type === 'waiting') {
    const { notBefore: nextPollAt } = ending;
    const text = record.text !== undefined && { text: record.text };
    return { ...said, type: 'waiting', nextPollAt, polls: record.polls, ...text };
  }
  const at = clock.now();
  const closing = { at, ...said };
  const finish = (outcome: TransactionOutcome, ...events: readonly LifecycleEvent[]) =>
    store.transactions.finish(record, outcome, at, [...conversation.pending.splice(0), ...events]);
  switch (ending.type) {
    case 'granted': {
      const { anchor } = decodeState(record.state);
      const profile = anchor && (await findProfile(store, ca));
      const kept = anchor && profile ? await keepAnchor(context, profile, anchor) : 'known';
      if (typeof kept === 'object') {
        const { refused: reason } = kept;
        await finish({ type: 'refused', text: reason }, { ...closing, type: 'refused', reason });
        return { ...said, type: 'refused', reason };
      }
      const issued = await finish(
        { type: 'granted' },
        ...(await issuedEvent(context, record, closing)),
      );
      if (!issued) throw new CertError('INTERNAL', `Cannot find the certificate of "${name}"`);
      const files = await deliverCertificate(context, issued, said.transactionID);
      if (kept === 'added') await tellOthers(context, ca, name);
      const certificate = (await store.certificates.get(issued.id)) ?? issued;
      const decoded = storedCertificate(issued.der, `"${name}"`);
      const asked = askedIn(state.request);
      for (const tolerance of toleratedIn(decoded)) {
        context.log.warn(
          `the certificate of "${name}" is not DER: ${tolerance} (${tolerances[tolerance]})`,
        );
      }
      return {
        ...said,
        type: 'issued',
        certificate,
        // C1: what a CA changed is shown.
        differences: [...contradictions(decoded, asked), ...modifications(decoded, asked)],
        additions: additions(decoded, asked),
        files,
      };
    }
    case 'revoked':
      return await concludeRevocation(context, { record, state, conversation }, ending);
    case 'informed':
      throw new CertError('INTERNAL', 'Cannot store what a genp says as a transaction');
    case 'rejected':
    case 'lost': {
      if (await isRevokedAlready(context, record, ending, at)) {
        const parts = { record, state, conversation };
        return await concludeRevocation(context, parts, {
          type: 'revoked',
          status: { ...ending.status, status: 'accepted' },
        });
      }
      const { outcome, event } = rejection(record, ending, at);
      await finish(outcome, event);
      const { status, details } = ending;
      const isForAll = ending.type === 'rejected' && ending.isUnauthenticated === true;
      const rejected = { ...said, type: 'rejected', status, details } as const;
      return { ...rejected, ...(isForAll && { isUnauthenticated: true }) };
    }
    case 'refused': {
      const { reason } = ending;
      await finish({ type: 'refused', text: reason }, { ...closing, type: 'refused', reason });
      return { ...said, type: 'refused', reason };
    }
    case 'unconfirmed': {
      const text = formatStatus(ending.status);
      const failInfo = ending.status.failInfo ?? [];
      await finish({ type: 'unconfirmed', text }, { ...closing, type: 'rejected', text, failInfo });
      return { ...said, type: 'unconfirmed', status: ending.status };
    }
    case 'expired': {
      const text = `no certificate came before ${formatTime(record.deadline)}`;
      await finish(
        { type: brokenOutcome(decodeState(record.state).phase), text },
        { ...closing, type: 'failed', code: 'CMP_WAITING', errorClass: 'policy', text },
      );
      return { ...said, type: 'expired' };
    }
    default:
      return unreachable(ending);
  }
}

/** Deliver a new anchor where it is trusted; that some of it is left to do is no failure of this certificate. */
async function tellOthers(context: LifecycleContext, ca: Label, name: Label): Promise<void> {
  try {
    await deliverAnchors(context, ca, name);
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    context.log.warn(error.message);
  }
}

/** What to write of a transaction that the CA rejected. */
export function rejection(
  { name, ca, transactionID }: TransactionRecord,
  { status, details }: { readonly status: PKIStatusInfo; readonly details: readonly string[] },
  at: Date,
): {
  readonly outcome: { readonly type: 'rejected'; readonly text: string };
  readonly event: LifecycleEvent;
} {
  const text = [formatStatus(status), ...details].join('; ');
  const failInfo = status.failInfo ?? [];
  const said = { at, name, ca, transactionID: toHex(transactionID) };
  return {
    outcome: { type: 'rejected', text },
    event: { ...said, type: 'rejected', text, failInfo },
  };
}

async function issuedEvent(
  { store }: LifecycleContext,
  { stagedCertificateId }: TransactionRecord,
  closing: EventContext,
): Promise<readonly LifecycleEvent[]> {
  if (stagedCertificateId === undefined) return [];
  const staged = await store.certificates.get(stagedCertificateId);
  if (!staged) return [];
  const { validity, serialNumber } = storedCertificate(
    staged.der,
    `"${staged.name}"`,
  ).tbsCertificate;
  const notAfter = validity.notAfter.value;
  return [{ ...closing, type: 'issued', notAfter, serialNumber: serialNumber.toString(16) }];
}

/**
 * Close a transaction that broke (RFC 9483 section 3.6.1). One that waits for the CA goes on waiting, and
 * an error of our own, or Ctrl-C, leaves everything as it was stored last.
 */
export async function closeFailed(
  { store, clock }: LifecycleContext,
  broken: {
    readonly record: TransactionRecord;
    readonly error: unknown;
    readonly conversation: Conversation;
    /** The request had been sent before, by a process that is no more; or it will be sent again. */
    readonly isKept: boolean;
  },
): Promise<void> {
  const { record, error, conversation, isKept } = broken;
  if (!(error instanceof CertError)) return;
  const errorClass = errorClassOf[error.code];
  const { phase } = decodeState(record.state);
  if (errorClass === undefined || !isUnanswered(phase)) return;
  const { code, message: text } = error;
  const { name, ca } = record;
  const transactionID = toHex(record.transactionID);
  const at = clock.now();
  const isUnheard = errorClass === 'transport' || errorClass === 'http';
  // What was sent may have been answered, and the CA may take the certificate for ours and the old one for over: an
  // unreachable CA, or a proxy that says so, is no reason to give that up. It is counted all the same.
  if (isKept && isUnheard) {
    await store.transactions.advance(record, unchanged(record), [
      ...conversation.pending.splice(0),
      { at, name, ca, transactionID, type: 'error', code, errorClass },
    ]);
    return;
  }
  const type = brokenOutcome(phase);
  // L13: over; nothing is sent under its transactionID any more.
  const outcome =
    type === 'failed' && !isUnheard
      ? ({ type, text, mayHaveIssued: true } as const)
      : { type, text };
  await store.transactions.finish(record, outcome, at, [
    ...conversation.pending.splice(0),
    { at, name, ca, transactionID, type: 'failed', code, errorClass, text },
  ]);
}

function unchanged({ phase, state, outgoing }: TransactionRecord): TransactionChange {
  return { phase, state, ...(outgoing && { outgoing }) };
}

/** Say how a transaction ends that breaks in a phase, also while that phase is polled for. */
function brokenOutcome(phase: Phase): 'unconfirmed' | 'refused' | 'failed' {
  switch (phase.type) {
    case 'polled':
      return brokenOutcome(phase.value.from);
    case 'waiting':
      return brokenOutcome(phase.value.awaiting.from);
    case 'confirming':
      // C12: the CA may have confirmed it; nobody knows.
      return 'unconfirmed';
    case 'refusing':
      return 'refused';
    case 'requested':
    case 'granted':
      return 'failed';
  }
}
