import { toHex } from '../base/bytes.ts';
import type { LifecycleEvent, Operation } from '../base/events.ts';
import type { Label } from '../base/label.ts';
import { beginTransaction } from '../cmp/client/client.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import { encodeState } from '../cmp/transaction/state.ts';
import type { GeneratedKey, SigningKey } from '../crypto/keys.ts';
import { assertKeyAllowed } from '../crypto/public-key.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type {
  CertificateRecord,
  Credential as StoredCredential,
  NewTransaction,
  TransactionRecord,
} from '../store/store.ts';
import { certReqMsg } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { openConversation } from './conversation.ts';
import { newMacAlgorithm, openCredential } from './credential.ts';
import { storedCertificate } from './stored-certificate.ts';

/** A request that is about to be made. */
export interface NewRequest {
  readonly operation: Operation;
  readonly name: Label;
  readonly profile: CaProfile;
  /** The address given for this certificate; that of the profile when absent. */
  readonly url: string | undefined;
  readonly key: GeneratedKey | { readonly id: number; readonly key: SigningKey };
  readonly template: CertTemplate;
  readonly credential: StoredCredential;
  /** OLD of cr and kur. */
  readonly previous?: CertificateRecord;
}

/**
 * Build the first message of a transaction, and make key, state and message durable in one write. Nothing
 * is sent before that: a certificate issued for it always finds its key.
 *
 * @throws {CertError} TRANSACTION_OUTSTANDING, and those of the store
 */
export async function openRequest(
  context: LifecycleContext,
  request: NewRequest,
): Promise<TransactionRecord> {
  const { transaction, events } = await prepareRequest(context, request);
  return context.store.transactions.open(transaction, events);
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
  const { clock, random, connect } = context;
  const { operation, name, profile, key, template, previous } = request;
  assertKeyAllowed(key.key.spki, { allowLegacy: profile.allowLegacyAlgorithms });
  const protectionAlg = newMacAlgorithm(profile, random);
  const credential = await openCredential(context, request.credential, protectionAlg);
  const url = request.url ?? profile.url;
  const transport = connect(url, profile);
  const conversation = openConversation(context, {
    name,
    profile,
    credential,
    transport,
    save: () => Promise.resolve(),
  });
  const openedAt = clock.now();
  const deadline = new Date(openedAt.getTime() + profile.transactionDeadlineSeconds * 1000);
  const replaced =
    operation === 'kur' && previous
      ? storedCertificate(previous.der, `"${previous.name}"`)
      : undefined;
  const first = await beginTransaction(
    conversation,
    operation,
    await certReqMsg(template, key.key, replaced),
    deadline,
  );
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
      key: 'id' in key ? { id: key.id } : { spki: key.key.spki, pkcs8: key.pkcs8 },
      credential: request.credential,
      ...(previous && { previousCertificateId: previous.id }),
      knownCurrent: { certificateId: operation === 'kur' ? previous?.id : undefined },
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
