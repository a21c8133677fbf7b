import { unreachable } from '../base/errors.ts';
import type { Operation } from '../base/events.ts';
import type { DeploymentRecord } from '../store/deployments-contract.ts';
import type { CertificateRecord, CertificateSource, CertificateStatus } from '../store/store.ts';
import { warningTime, type Lifetime } from './renewal-time.ts';

/** How far an outstanding transaction has come. */
export type RequestStep =
  /** The request is out, and unanswered. */
  | 'requested'
  /** The CA lets us wait. */
  | 'waiting'
  /** A certificate came, and is being refused. */
  | 'received'
  /** The certificate is ours in our eyes, and the CA is being told. */
  | 'staged'
  /** The CA knows; what is left is to put it in force. */
  | 'confirmed';

/** Where a name stands in the life of its certificate. */
export type CertificateState =
  /** There is no certificate, and none is asked for. */
  | { readonly type: 'none' }
  /** There is a key, and a request that an operator takes to a CA. */
  | { readonly type: 'awaiting import' }
  /** A first certificate is asked for. */
  | { readonly type: RequestStep }
  | { readonly type: 'active' }
  /** Active, and so near its end that it is warned of. */
  | { readonly type: 'expiring' }
  /** Active, watched, and renewed by somebody else. */
  | { readonly type: 'tracked' }
  /** Active, and the next one is asked for. */
  | { readonly type: 'renewing'; readonly step: RequestStep }
  /** Active, and its revocation is asked for. */
  | { readonly type: 'revoking'; readonly step: RequestStep }
  /** Active, and not everywhere where it should be. */
  | { readonly type: 'deploy pending' }
  /** Active and deployed, and a service serves another one all the same. */
  | { readonly type: 'deployed, not in use' }
  | { readonly type: 'not yet valid' }
  | { readonly type: 'expired' }
  | { readonly type: 'revoked' }
  | { readonly type: 'superseded' }
  /** Came, and was not taken. */
  | { readonly type: 'refused' }
  /** Came, and nobody knows whether the CA holds it for issued. */
  | { readonly type: 'unconfirmed' };

/** How far the delivery of a certificate has come; `none` when it is put nowhere. */
export type DeliveryState = 'none' | 'done' | 'pending' | 'not in use';

/** What tells the state of a certificate. */
export interface CertificateFacts extends Lifetime {
  readonly status: CertificateStatus;
  readonly source: CertificateSource;
  readonly delivery: DeliveryState;
}

/** What tells the state of a name. */
export interface NameFacts {
  /** The latest certificate of the name, or the version that is asked about. */
  readonly certificate?: CertificateFacts;
  /** The transaction that is outstanding for the name. */
  readonly outstanding?: { readonly operation: Operation; readonly phase: string };
  /** A key request of the name waits for its answer. */
  readonly hasKeyRequest: boolean;
  /** Hours before its end from which it is warned of, where the operator has set them. */
  readonly warnHours?: number;
}

/**
 * Tell where a name stands: for `show cert`, and for whoever acts on it. Of several things that are true, the one that
 * an operator has to know first: what ends a certificate's use goes before what hinders it, and that before what is
 * going on well.
 */
export function certificateState(facts: NameFacts, now: Date): CertificateState {
  const { certificate, outstanding } = facts;
  if (certificate === undefined) {
    if (outstanding !== undefined) return { type: stepOf(outstanding.phase) };
    return { type: facts.hasKeyRequest ? 'awaiting import' : 'none' };
  }
  switch (certificate.status) {
    case 'current':
      return currentState(certificate, facts, now);
    case 'staged':
      return { type: outstanding === undefined ? 'staged' : stepOf(outstanding.phase) };
    case 'superseded':
    case 'revoked':
    case 'refused':
    case 'unconfirmed':
      return { type: certificate.status };
    default:
      return unreachable(certificate.status);
  }
}

function currentState(
  certificate: CertificateFacts,
  { outstanding, warnHours }: NameFacts,
  now: Date,
): CertificateState {
  if (certificate.notAfter <= now) return { type: 'expired' };
  if (now < certificate.notBefore) return { type: 'not yet valid' };
  const step = outstanding && stepOf(outstanding.phase);
  if (step !== undefined && outstanding?.operation === 'rr') return { type: 'revoking', step };
  if (certificate.delivery === 'pending') return { type: 'deploy pending' };
  if (certificate.delivery === 'not in use') return { type: 'deployed, not in use' };
  if (step !== undefined) return { type: 'renewing', step };
  if (warningTime(certificate, warnHours) <= now) return { type: 'expiring' };
  return { type: certificate.source === 'track' ? 'tracked' : 'active' };
}

/** By the phase of a transaction (`src/cmp/transaction/state.ts`), as the store has it. */
function stepOf(phase: string): RequestStep {
  switch (phase) {
    case 'polled':
    case 'waiting':
      return 'waiting';
    case 'refusing':
      return 'received';
    case 'confirming':
      return 'staged';
    case 'granted':
      return 'confirmed';
    default:
      return 'requested';
  }
}

/** Write a state in words. */
export function stateText(state: CertificateState): string {
  return 'step' in state ? `${state.type}, ${state.step}` : state.type;
}

/**
 * Tell how far the delivery of a certificate has come. What was imported came from files, and is put somewhere only
 * where a deployment says so; what is tracked or not in force is put nowhere.
 */
export function deliveryState(
  { id, status, source, deliveredAt }: CertificateRecord,
  deployments: readonly DeploymentRecord[],
): DeliveryState {
  if (status !== 'current' || source === 'track') return 'none';
  if (source === 'import' && deployments.length === 0) return 'none';
  if (deliveredAt !== undefined) return 'done';
  const states = deployments.map((each) =>
    each.status?.certificateId === id ? each.status.state : 'pending',
  );
  // Everything is where it should be: what keeps it from being done is that it is not used.
  return states.includes('unused') && !states.includes('pending') ? 'not in use' : 'pending';
}
