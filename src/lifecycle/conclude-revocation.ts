import { toHex } from '../base/bytes.ts';
import type { Conversation, Ending } from '../cmp/client/conversation.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import { askedIn } from '../cmp/transaction/request.ts';
import type { TransactionState } from '../cmp/transaction/state.ts';
import type { TransactionRecord } from '../store/store.ts';
import type { TransactionOutcome } from '../store/records-contract.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { nullDn } from '../x509/name.ts';
import type { LifecycleContext } from './context.ts';
import type { EnrollmentResult } from './result.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What the end of an rr is about. */
interface Concluding {
  readonly record: TransactionRecord;
  readonly state: TransactionState;
  readonly conversation: Conversation;
}

/** Close an rr that the CA granted, and mark the certificate in the same write. */
export async function concludeRevocation(
  context: LifecycleContext,
  { record, state, conversation }: Concluding,
  { status }: Ending & { readonly type: 'revoked' },
): Promise<EnrollmentResult> {
  const { name, ca } = record;
  const at = context.clock.now();
  const said = { name, ca, transactionID: toHex(record.transactionID) };
  // L9: RFC 9483 knows accepted only; EJBCA says grantedWithMods and waits for approval.
  const isDone = status.status === 'accepted';
  const { previousCertificateId: certificateId } = record;
  const reason = reasonIn(state);
  const text = `${isDone ? '' : 'waits for approval: '}${formatStatus(status)}`;
  const certificate =
    certificateId === undefined ? undefined : await context.store.certificates.get(certificateId);
  const { issuer = nullDn, serialNumber = 0n } = askedIn(state.request);
  const about = { issuer, serialNumber, ...(certificate && { name: certificate.name }) };
  // A certificate that is taken off the CRL is not revoked by that.
  const outcome: TransactionOutcome =
    isDone && certificateId !== undefined && reason !== 'removeFromCRL'
      ? { type: 'revoked', certificateId, reason, text }
      : { type: 'revoked', reason, text };
  await context.store.transactions.finish(record, outcome, at, [
    ...conversation.pending.splice(0),
    ...(isDone ? [{ at, ...said, type: 'revoked', reason } as const] : []),
  ]);
  return { ...said, type: isDone ? 'revoked' : 'revocation-pending', about, reason, status };
}

/**
 * Tell whether a rejected rr has what was wanted: the CA says that the certificate is revoked already. RFC 9483
 * section 5.1.3 has it say the same of one that expired, and that is no revocation.
 */
export async function isRevokedAlready(
  { store }: LifecycleContext,
  { operation, name, previousCertificateId }: TransactionRecord,
  ending: Ending & { readonly type: 'rejected' | 'lost' },
  at: Date,
): Promise<boolean> {
  if (operation !== 'rr' || !ending.status.failInfo?.includes('certRevoked')) return false;
  // R12: what anyone could have said never counts as success.
  if (ending.type === 'rejected' && ending.isUnauthenticated) return false;
  const certificate =
    previousCertificateId === undefined
      ? undefined
      : await store.certificates.get(previousCertificateId);
  if (!certificate) return false;
  const { validity } = storedCertificate(certificate.der, `"${name}"`).tbsCertificate;
  return at <= validity.notAfter.value;
}

function reasonIn({ request }: TransactionState): string {
  const details = request.type === 'rr' ? request.value[0]?.crlEntryDetails : undefined;
  return extensionValue(details, 'reasonCode') ?? 'unspecified';
}
