import { formatTime } from '../base/format-time.ts';
import { ocspDefaults } from '../settings/ocsp-object.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { LifecycleContext } from './context.ts';
import { endOf } from './import-leaf.ts';
import { validatorOf } from './needed-by.ts';
import { ocspOfWords } from './policy-of-words.ts';
import { caGroup } from './trusted-labels.ts';
import { findWords, listWords } from './validation-words.ts';

type Looking = Pick<LifecycleContext, 'store' | 'clock'>;

/** As `deadline` has it where nothing is said. */
const usualDeadlineMs = 5000;

/**
 * Say what an operator should know of a policy that can be set: whom it names and nobody will be believed by, and what has
 * no time to end.
 *
 * @throws {CertError} CA_UNKNOWN
 */
export async function policyWarnings(
  { store, clock }: Looking,
  words: SettingWords,
): Promise<readonly string[]> {
  const now = clock.now();
  const warnings: string[] = [];
  for (const label of readerOf(words).texts('ca')) {
    for (const anchor of (await caGroup(store, label)).anchors) {
      const begin = anchor.tbsCertificate.validity.notBefore.value;
      const end = endOf(anchor);
      if (end < now)
        warnings.push(`CA "${label}" expired on ${formatTime(end)}: nobody below it is accepted`);
      if (begin > now) warnings.push(`CA "${label}" is not valid before ${formatTime(begin)}`);
    }
  }
  const validator = validatorOf(words);
  const object = validator === undefined ? undefined : await findWords(store, 'ocsp', validator);
  const timeoutMs = object ? timeoutOf(object) : ocspOfWords(words)?.query.timeoutMs;
  const asked =
    validator === undefined ? 'a query by ocsp' : `a query by OCSP object "${validator}"`;
  const deadlineMs = deadlineOf(words);
  if (timeoutMs !== undefined && deadlineMs < timeoutMs) {
    warnings.push(
      `deadline is ${deadlineMs} ms, and ${asked} may take ${timeoutMs} ms: it is cut short`,
    );
  }
  return warnings;
}

/** Say of an OCSP object which policies have less time than one query of it may take. */
export async function deadlineWarnings(
  { store }: Pick<LifecycleContext, 'store'>,
  name: string,
  words: SettingWords,
): Promise<readonly string[]> {
  const timeoutMs = timeoutOf(words);
  return (await listWords(store, 'policy'))
    .filter((policy) => validatorOf(policy.words) === name && deadlineOf(policy.words) < timeoutMs)
    .map(
      (policy) =>
        `timeout is ${timeoutMs} ms, and deadline of policy "${policy.name}" ${deadlineOf(policy.words)} ms: a query is cut short`,
    );
}

function timeoutOf(words: SettingWords): number {
  return readerOf(words).number('timeout') ?? ocspDefaults.timeoutMs;
}

function deadlineOf(words: SettingWords): number {
  return readerOf(words).number('deadline') ?? usualDeadlineMs;
}
