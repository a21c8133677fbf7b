import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { LifecycleEvent } from '../base/events.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import { beginTransaction } from '../cmp/client/client.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { info } from '../cmp/message/info-values.ts';
import type { Credential } from '../cmp/protection/credential.ts';
import { askedIn, type RequestBody } from '../cmp/transaction/request.ts';
import { encodeState } from '../cmp/transaction/state.ts';
import { operationUrl } from '../cmp/transport/operation-url.ts';
import { assertKeyAllowed } from '../crypto/public-key.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type {
  CertificateRecord,
  Credential as StoredCredential,
  NewTransaction,
  TransactionRecord,
} from '../store/store.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { assertNoCaLabel } from './ca-store.ts';
import type { Wanted } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { openConversation } from './conversation.ts';
import { openCredential } from './credential.ts';
import { discardKey, newStoredKey, type HeldKey } from './held-key.ts';
import { weakProtection } from './protection-strength.ts';

/** A request that is about to be made. */
export interface NewRequest {
  readonly name: Label;
  readonly profile: CaProfile;
  /** The address given for this certificate; that of the profile when absent. */
  readonly url: string | undefined;
  readonly credential: StoredCredential;
  /** Build the body, knowing who asks. */
  build(credential: Credential): Promise<RequestBody>;
  /** Absent when the key is not ours. */
  readonly key?: HeldKey | { readonly id: number };
  /** OLD of cr and kur, or what an rr revokes. */
  readonly previous?: CertificateRecord;
  /** What goes into the header beside what the CA profile puts there. */
  readonly wanted?: Pick<Wanted, 'certProfile' | 'generalInfo'>;
  /** All of the header's generalInfo beside implicitConfirm, as an earlier attempt had it. */
  readonly generalInfo?: readonly InfoTypeAndValue[];
  /** What an earlier attempt learnt of the CA. */
  readonly learnt?: { readonly pvno?: number; readonly clockOffsetMs?: number };
}

/**
 * Build the first message of a transaction, and make key, state and message durable in one write. Nothing
 * is sent before that: a certificate issued for it always finds its key (C14).
 *
 * @throws {CertError} TRANSACTION_OUTSTANDING, CERT_EXISTS for the label of a CA certificate, and those of the store
 */
export async function openRequest(
  context: LifecycleContext,
  request: NewRequest,
): Promise<TransactionRecord> {
  try {
    const { transaction, events } = await prepareRequest(context, request);
    // C14: the key is durable before anything is sent.
    return await context.store.transactions.open(transaction, events);
  } catch (error) {
    await discardKey(context, request.key);
    throw error;
  }
}

/** A transaction ready to be stored. */
export interface PreparedRequest {
  readonly transaction: NewTransaction;
  readonly events: readonly LifecycleEvent[];
}

/** Build the first message of a transaction; nothing is stored or sent yet. */
export async function prepareRequest(
  context: LifecycleContext,
  request: NewRequest,
): Promise<PreparedRequest> {
  const { clock, connect } = context;
  const { name, profile, key, previous, learnt } = request;
  if (previous?.name !== name) await assertNoCaLabel(context.store, name);
  const credential = await openCredential(context, request.credential, profile);
  const body = await request.build(credential);
  const { type: operation } = body;
  const { publicKey } = askedIn(body);
  // B15: of a key the CA shall make there is no more than the algorithm.
  if (publicKey && publicKey.subjectPublicKey.length > 0 && operation !== 'rr') {
    const spki = toDer(SubjectPublicKeyInfo, publicKey);
    assertKeyAllowed(spki, { allowLegacy: profile.allowLegacyAlgorithms });
    // Told once, not with each attempt.
    if (!learnt) checkStrength(context, profile, credential, publicKey);
  }
  // An address given for this certificate is taken as it stands.
  const url = request.url ?? operationUrl(profile.url, operation, profile.operationLabels);
  const conversation = openConversation(context, {
    name,
    profile,
    credential,
    transport: connect(url, profile),
    save: () => Promise.resolve(),
  });
  const openedAt = clock.now();
  const deadline = new Date(openedAt.getTime() + profile.transactionDeadlineSeconds * 1000);
  const first = await beginTransaction(conversation, {
    request: body,
    generalInfo: request.generalInfo ?? generalInfoFor(request, operation),
    pvno: learnt?.pvno ?? profile.pvno,
    clockOffsetMs: learnt?.clockOffsetMs ?? 0,
    deadline,
  });
  const at = {
    at: openedAt,
    name,
    ca: profile.label,
    transactionID: toHex(first.state.transactionID),
  };
  return {
    transaction: {
      name,
      operation,
      ca: profile.label,
      url,
      isUrlGiven: request.url !== undefined,
      ...(key && { key: 'id' in key ? key : newStoredKey(key) }),
      credential: request.credential,
      ...(previous && { previousCertificateId: previous.id }),
      ...(operation !== 'rr' && {
        knownCurrent: { certificateId: replacedBy(operation, name, previous)?.id },
      }),
      transactionID: first.state.transactionID,
      phase: first.state.phase.type,
      state: encodeState(first.state),
      outgoing: first.outgoing,
      openedAt,
      deadline,
    },
    events: [
      { ...at, type: 'requested', operation },
      { ...at, type: 'sent', body: operation },
    ],
  };
}

/** What is current for the name: OLD of a kur, and of a cr or ir that renews with another CA. */
function replacedBy(
  operation: RequestBody['type'],
  name: Label,
  previous: CertificateRecord | undefined,
): CertificateRecord | undefined {
  const isRenewal = previous?.name === name && previous.status === 'current';
  return operation === 'kur' || isRenewal ? previous : undefined;
}

/** RFC 9481 section 7: whoever breaks the protection need not break the key. */
function checkStrength(
  { log }: LifecycleContext,
  profile: CaProfile,
  credential: Credential,
  key: SubjectPublicKeyInfo,
): void {
  const weakness = weakProtection(credential, key);
  if (weakness === undefined) return;
  // P12: refused where the CA profile says so.
  if (profile.weakProtection === 'refuse') {
    throw new CertError('KEY_UNUSABLE', `Cannot send the request: ${weakness}`, {
      hint: 'Choose a weaker key, or protect the request by a longer secret or with a stronger certificate',
    });
  }
  // P12: told in any case.
  log.warn(weakness);
}

/** H13: one certProfile, where a certificate is asked for. */
function generalInfoFor(
  { profile, wanted }: NewRequest,
  operation: RequestBody['type'],
): readonly InfoTypeAndValue[] {
  const certProfile = wanted?.certProfile ?? profile.certProfile;
  const isForCertificate = operation !== 'rr' && operation !== 'genm';
  return [
    // H13: one name, where a certificate is asked for.
    ...(certProfile !== undefined && isForCertificate ? [info('certProfile', [certProfile])] : []),
    ...(wanted?.generalInfo ?? []),
  ];
}
