import { formatTime } from '../base/format-time.ts';
import { CertError } from '../base/errors.ts';
import { askedIn } from '../cmp/transaction/request.ts';
import { decodeState } from '../cmp/transaction/state.ts';
import type { TransactionRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { differences, extensionDifferences, type RepeatedCommand } from './repeated.ts';

/**
 * Find the interrupted transaction a repeated command means: the same in all that the command says of whom to
 * ask and what for. Its stored message goes out again, octet for octet.
 *
 * @returns undefined when nothing is outstanding for the name
 * @throws {CertError} TRANSACTION_OUTSTANDING when what is outstanding is something else
 */
export async function findUnfinished(
  { store, log }: LifecycleContext,
  repeated: RepeatedCommand,
): Promise<TransactionRecord | undefined> {
  const { operation, name } = repeated;
  const [record] = await store.transactions.outstanding(name);
  if (!record) return undefined;
  const other = record.operation === operation ? differencesFrom(record, repeated) : [];
  if (record.operation === operation && other.length === 0) {
    log.info(`going on with the ${operation} for "${name}" of ${formatTime(record.openedAt)}`);
    return record;
  }
  const what = other.length === 0 ? '' : `, and asks for something else: ${other.join('; ')}`;
  throw new CertError(
    'TRANSACTION_OUTSTANDING',
    `Cannot begin another request for "${name}": its ${record.operation} of ${formatTime(record.openedAt)} is outstanding${what}`,
    {
      hint: `Follow it with "certkeeper cmp poll current-cert ${name}", or drop it with "certkeeper clear cmp cert-name ${name}"`,
    },
  );
}

function differencesFrom(record: TransactionRecord, repeated: RepeatedCommand): readonly string[] {
  const { ca, url, isUrlGiven, state } = record;
  const asked = askedIn(decodeState(state).request);
  return [
    ...differences(repeated, { ca, url: isUrlGiven ? url : undefined, asked }),
    ...extensionDifferences(repeated, asked),
  ];
}
