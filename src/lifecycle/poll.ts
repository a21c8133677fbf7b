import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { CertificateRecord, Store, TransactionRecord } from '../store/store.ts';
import { alone } from './alone.ts';
import { carryThrough } from './carry-through.ts';
import type { LifecycleContext } from './context.ts';
import { deliverCertificate } from './deliver-certificate.ts';
import type { EnrollmentResult } from './result.ts';

/** What `cmp poll` found to do. */
export type PollResult =
  | EnrollmentResult
  /** No request was outstanding, but the files of the certificate were not written yet. */
  | {
      readonly type: 'delivered';
      readonly certificate: CertificateRecord;
      readonly files: readonly string[];
    }
  /** Nothing to do: the certificate is there. */
  | { readonly type: 'settled'; readonly certificate: CertificateRecord };

/**
 * Go on with what is outstanding for a name, now: `cmp poll`. Also finishes what a killed command left,
 * at whatever step it was.
 *
 * @param name the name asked for, or that of the OLD certificate when it has only one outstanding
 * @throws {CertError} CERT_UNKNOWN, TRANSACTION_OUTSTANDING when OLD has several, and what `carryThrough` throws
 */
export async function poll(
  context: LifecycleContext,
  { name, waitSeconds }: { readonly name: Label; readonly waitSeconds: number },
): Promise<PollResult> {
  const asked = await findOutstanding(context.store, name);
  const wanted = asked?.name ?? name;
  return alone(context, wanted, waitSeconds, (held) => pollAlone(held, wanted, waitSeconds));
}

async function pollAlone(
  context: LifecycleContext,
  name: Label,
  waitSeconds: number,
): Promise<PollResult> {
  const { store } = context;
  // Looked up again: whoever held the name before may have ended it.
  const [record] = await store.transactions.outstanding(name);
  if (record) {
    return carryThrough(context, record, { waitSeconds, byHand: true, isResumed: true });
  }
  const [undelivered] = await store.certificates.pendingDelivery(name);
  if (undelivered) {
    const files = await deliverCertificate(context, undelivered, '');
    return { type: 'delivered', certificate: undelivered, files };
  }
  const certificate = await store.certificates.current(name);
  if (certificate) return { type: 'settled', certificate };
  throw new CertError('CERT_UNKNOWN', `Cannot poll for "${name}": nothing is outstanding for it`, {
    hint: 'See "certkeeper show cmp outstanding-req" and "certkeeper show cmp history"',
  });
}

async function findOutstanding(store: Store, name: Label): Promise<TransactionRecord | undefined> {
  const [own] = await store.transactions.outstanding(name);
  if (own) return own;
  const [only, ...others] = await store.transactions.outstandingFrom(name);
  if (others.length === 0) return only;
  const names = [only, ...others].map((record) => `"${record?.name ?? ''}"`).join(', ');
  throw new CertError(
    'TRANSACTION_OUTSTANDING',
    `Cannot choose what to poll for: "${name}" has requests outstanding for ${names}`,
    { hint: 'Name the certificate that was asked for' },
  );
}
