import { formatTime } from '../base/format-time.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Operation } from '../base/events.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import { decodeState } from '../cmp/transaction/state.ts';
import type { TransactionRecord } from '../store/store.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { GeneralNames } from '../x509/general-name.ts';
import { nullDn, sameName } from '../x509/name.ts';
import type { Wanted } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';

/**
 * Find the interrupted transaction a repeated command means: same operation, same name, same names asked
 * for. Its stored message goes out again, octet for octet.
 *
 * @returns undefined when nothing is outstanding for the name
 * @throws {CertError} TRANSACTION_OUTSTANDING when what is outstanding is something else
 */
export async function findUnfinished(
  { store, log }: LifecycleContext,
  repeated: { readonly operation: Operation; readonly name: Label; readonly wanted: Wanted },
): Promise<TransactionRecord | undefined> {
  const { operation, name, wanted } = repeated;
  const [record] = await store.transactions.outstanding(name);
  if (!record) return undefined;
  if (record.operation === operation && asksFor(record, wanted)) {
    log.info(`going on with the ${operation} for "${name}" of ${formatTime(record.openedAt)}`);
    return record;
  }
  throw new CertError(
    'TRANSACTION_OUTSTANDING',
    `Cannot begin another request for "${name}": its ${record.operation} of ${formatTime(record.openedAt)} is outstanding and asks for something else`,
    {
      hint: `Follow it with "certkeeper cmp poll current-cert ${name}", or drop it with "certkeeper clear cmp cert-name ${name}"`,
    },
  );
}

function asksFor(record: TransactionRecord, { subject, subjectAltNames }: Wanted): boolean {
  const asked = decodeState(record.state).certTemplate;
  const names = extensionValue(asked.extensions, 'subjectAltName') ?? [];
  return (
    sameName(asked.subject ?? nullDn, subject) &&
    bytesEqual(toDer(GeneralNames, names), toDer(GeneralNames, subjectAltNames))
  );
}
