import {
  CertError,
  errorClassOf,
  exitCodeOf,
  type ErrorCode,
  type ExitCode,
} from '../base/errors.ts';
import { gate, type Gate } from '../base/gate.ts';
import type { Label } from '../base/label.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import type { Chosen } from './choose-many.ts';
import type { LifecycleContext } from './context.ts';
import type { RenewalKey } from './next-key.ts';
import { poll, type PollResult } from './poll.ts';
import type { EnrollmentResult } from './result.ts';
import { storedCertificate } from './stored-certificate.ts';
import { update } from './update.ts';

/** How many are renewed. */
export interface UpdateManyRequest extends Pick<RenewalKey, 'key'> {
  readonly afterExpiry: boolean;
  /** For how long those that wait are followed, counted from the beginning of it all. */
  readonly waitSeconds: number;
  /** Certificates worked on at the same time. */
  readonly atOnce: number;
  /** Requests to one CA at the same time. */
  readonly perCa: number;
}

/** What became of one of many. */
export type UpdateOutcome = { readonly name: Label; readonly ca: Label } & (
  | { readonly type: 'renewed'; readonly notAfter: Date }
  | { readonly type: 'waiting'; readonly nextPollAt: Date; readonly text?: string }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly reason: string }
  /** It was not begun: its CA does not answer, or the operator has ended it. */
  | { readonly type: 'left'; readonly reason: string }
);

/** In a row without an answer: that is no accident of one request any more. */
const maxSilent = 3;

/**
 * Renew many certificates, so many at a time: each as `cmp update` would. All are asked for before the first one that
 * waits is asked about. What fails keeps no other from being renewed; a CA that does not answer is not asked for the
 * rest. Ctrl-C begins nothing more, and what is outstanding stays so.
 *
 * @param tell called with each outcome as it comes; one that waits may be told of again
 * @returns an outcome for each, in the order of `chosen`
 */
export async function updateMany(
  context: LifecycleContext,
  chosen: readonly Chosen[],
  request: UpdateManyRequest,
  tell: (outcome: UpdateOutcome) => void,
): Promise<readonly UpdateOutcome[]> {
  const { clock, signal } = context;
  const { key, afterExpiry, waitSeconds, atOnce, perCa } = request;
  const end = clock.now().getTime() + waitSeconds * 1000;
  const outcomes = new Map<Label, UpdateOutcome>();
  const names = gate(atOnce);
  const cas = new Map<Label, { readonly gate: Gate; silent: number }>();
  const caOf = (label: Label): { readonly gate: Gate; silent: number } => {
    const ca = cas.get(label) ?? { gate: gate(perCa), silent: 0 };
    cas.set(label, ca);
    return ca;
  };

  const ask = async (
    { name, ca: label }: Chosen,
    work: () => Promise<PollResult>,
    before?: UpdateOutcome,
  ): Promise<void> => {
    const ca = caOf(label);
    // First the CA, then a place among all: who waits for a CA keeps nobody from asking another one.
    const outcome = await ca.gate.through(() =>
      names.through(async (): Promise<UpdateOutcome> => {
        const about = { name, ca: label };
        if (signal?.aborted === true)
          return before ?? { ...about, type: 'left', reason: 'interrupted' };
        if (ca.silent >= maxSilent) {
          return before ?? { ...about, type: 'left', reason: `CA "${label}" does not answer` };
        }
        const made = await outcomeOf(about, work, signal);
        ca.silent = isSilence(made) ? ca.silent + 1 : 0;
        return made;
      }),
    );
    if (outcome === before) return;
    outcomes.set(name, outcome);
    tell(outcome);
  };

  await Promise.all(
    chosen.map((each) =>
      ask(each, () =>
        update(context, { current: each.name, afterExpiry, waitSeconds: 0, ...(key && { key }) }),
      ),
    ),
  );
  for (;;) {
    const waiting = chosen.flatMap((each) => {
      const outcome = outcomes.get(each.name);
      return outcome?.type === 'waiting' ? [{ each, outcome }] : [];
    });
    const next = Math.min(...waiting.map(({ outcome }) => outcome.nextPollAt.getTime()));
    if (next > end || signal?.aborted === true || waiting.length === 0) break;
    if (!(await slept(context, next - clock.now().getTime()))) break;
    const due = waiting.filter(({ outcome }) => outcome.nextPollAt <= clock.now());
    await Promise.all(
      due.map(({ each, outcome }) =>
        ask(each, () => poll(context, { name: each.name, waitSeconds: 0 }), outcome),
      ),
    );
    if (due.every(({ each, outcome }) => outcomes.get(each.name) === outcome)) break;
  }
  return chosen.flatMap(({ name }) => outcomes.get(name) ?? []);
}

async function slept({ clock, signal }: LifecycleContext, ms: number): Promise<boolean> {
  try {
    if (ms > 0) await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    return false;
  }
}

type About = Pick<UpdateOutcome, 'name' | 'ca'>;

async function outcomeOf(
  about: About,
  work: () => Promise<PollResult>,
  signal: AbortSignal | undefined,
): Promise<UpdateOutcome> {
  try {
    return resultOf(about, await work());
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) {
      return { ...about, type: 'left', reason: 'interrupted; what is outstanding stays so' };
    }
    if (error instanceof CertError) {
      // Everything else would fail, too.
      if (error.code.startsWith('STORE_')) throw error;
      return { ...about, type: 'failed', code: error.code, reason: error.message };
    }
    // A bug that one certificate brings out is none of the others' business.
    return { ...about, type: 'failed', code: 'INTERNAL', reason: String(error) };
  }
}

function resultOf(about: About, result: PollResult): UpdateOutcome {
  const failed = (code: ErrorCode, reason: string): UpdateOutcome => ({
    ...about,
    type: 'failed',
    code,
    reason,
  });
  switch (result.type) {
    case 'issued':
    case 'delivered':
    case 'settled': {
      const { der, name } = result.certificate;
      const { validity } = storedCertificate(der, `"${name}"`).tbsCertificate;
      return { ...about, type: 'renewed', notAfter: validity.notAfter.value };
    }
    case 'waiting': {
      const { nextPollAt, text } = result;
      return { ...about, type: 'waiting', nextPollAt, ...(text !== undefined && { text }) };
    }
    case 'refused':
      return failed('CERT_REFUSED', result.reason);
    case 'expired':
      return failed('NETWORK_TIMEOUT', 'the deadline of the CA profile has passed');
    case 'rejected':
      return failed('CMP_REJECTED', [statusOf(result), ...result.details].join('; '));
    case 'unconfirmed':
      return failed('CMP_REJECTED', `the CA did not take the confirmation: ${statusOf(result)}`);
    case 'revoked':
    case 'revocation-pending':
      return failed('CMP_REJECTED', 'what was outstanding was a revocation');
  }
}

function statusOf({
  status,
}: Extract<EnrollmentResult, { readonly type: 'rejected' | 'unconfirmed' }>): string {
  return formatStatus(status);
}

function isSilence(outcome: UpdateOutcome): boolean {
  return outcome.type === 'failed' && errorClassOf[outcome.code] === 'transport';
}

/** From the least to the worst, so that one exit code can tell of many. */
const ranking: readonly ExitCode[] = [0, 8, 10, 7, 9, 5, 6, 2, 3, 4, 1];

/** The exit code for many outcomes: that of the worst. What was not begun counts as waiting. */
export function exitCodeOfMany(outcomes: readonly UpdateOutcome[]): ExitCode {
  const codes = outcomes.map((outcome): ExitCode => {
    if (outcome.type === 'failed') return exitCodeOf[outcome.code];
    return outcome.type === 'renewed' ? 0 : exitCodeOf.CMP_WAITING;
  });
  return codes.reduce((a, b) => (ranking.indexOf(b) > ranking.indexOf(a) ? b : a), 0);
}
