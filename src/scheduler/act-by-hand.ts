import type { ErrorCode } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { HistoryRecord } from '../store/records-contract.ts';
import type { Store } from '../store/store.ts';
import { isPassing } from './outcome.ts';

const codes: Readonly<Partial<Record<HistoryRecord['result'], ErrorCode>>> = {
  rejected: 'CMP_REJECTED',
  refused: 'CERT_REFUSED',
  unconfirmed: 'CMP_REJECTED',
  failed: 'CMP_REJECTED',
};

/**
 * Remember of a name with a certificate that what a command asked for failed, as if the agent had asked: it is told,
 * and counts when that is to try next. A first request that failed is known to whoever made it.
 *
 * @param act when it began, and what it threw
 * @returns whether there was such a failure
 */
export async function noteFailure(
  store: Pick<Store, 'certificates' | 'history' | 'schedule'>,
  name: Label,
  act: { readonly begunAt: Date; readonly code?: ErrorCode },
): Promise<boolean> {
  const last = await store.history.last(name);
  if (last?.closedAt === undefined || last.closedAt < act.begunAt) return false;
  const code = codes[last.result];
  if (code === undefined || last.operation === 'rr' || last.operation === 'genm') return false;
  if ((await store.certificates.current(name)) === undefined) return false;
  const isFinal = last.result === 'refused' || !isPassing(last.failInfo ?? []);
  await store.schedule.failed(name, {
    job: 'update',
    kind: isFinal ? 'blocked' : 'failing',
    code: last.result === 'failed' ? (act.code ?? code) : code,
    text: last.text ?? last.result,
    at: last.closedAt,
  });
  return true;
}
