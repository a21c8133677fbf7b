import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import type { ValidationPolicy } from '../validation/contract.ts';
import type { LifecycleContext } from './context.ts';
import { validatorOf } from './needed-by.ts';
import { resolveOcsp } from './ocsp-objects.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import { ocspOfWords, policyErrors, policyOf } from './policy-of-words.ts';
import { caGroup, localCas } from './trusted-labels.ts';
import { assertSound, findWords, keepWords, type NamedWords } from './validation-words.ts';

/** What else a policy refers to. */
export interface PolicyReferences {
  hasOcspObject(name: string): boolean | Promise<boolean>;
  hasCrl(name: string): boolean | Promise<boolean>;
}

/**
 * Check a policy when it is set: each value in its range, whatever it names there, and nothing that could never work.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID
 */
export async function checkPolicy(
  { name, words }: NamedWords,
  references: PolicyReferences,
): Promise<void> {
  parseLabel(name, 'policy');
  const errors = [...policyErrors(words)];
  const validator = validatorOf(words);
  if (validator !== undefined && !(await references.hasOcspObject(validator))) {
    errors.push(`there is no OCSP object "${validator}" for ocsp-cert-validator`);
  }
  for (const crl of readerOf(words).texts('ca-crl')) {
    if (!(await references.hasCrl(crl))) errors.push(`there is no CRL "${crl}" for ca-crl`);
  }
  assertSound(`policy "${name}"`, errors, 'See "certkeeper crypto map --help"');
}

/**
 * Set up a policy in place of one of that name.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID, CA_UNKNOWN, IN_PROGRESS
 */
export async function putPolicy(context: LifecycleContext, named: NamedWords): Promise<void> {
  const { store } = context;
  const isThere = async (kind: ValidationKind, name: string): Promise<boolean> =>
    (await store.validationObjects.get(kind, name)) !== undefined;
  await oneJudgingChange(context, async () => {
    await checkPolicy(named, {
      hasOcspObject: (name) => isThere('ocsp', name),
      hasCrl: (name) => isThere('crl', name),
    });
    for (const label of readerOf(named.words).texts('ca')) await caGroup(store, label);
    await keepWords(store, 'policy', named);
  });
}

/**
 * Remove a policy.
 *
 * @throws {CertError} CONFIG_INVALID when there is none
 */
export async function removePolicy(context: LifecycleContext, name: string): Promise<void> {
  await oneJudgingChange(context, async () => {
    if (await context.store.validationObjects.remove('policy', name)) return;
    throw noPolicy(name, 'remove');
  });
}

/** Which policy, whom to believe in place of those it names, and what it is asked by. */
export interface PolicyChoice {
  /** The usual settings without it. */
  readonly name?: string;
  readonly ca?: readonly string[];
  /** In place of the OCSP object of the policy. */
  readonly ocspObject?: string;
}

/** Whoever asks without a policy wants to know what there is to be known of a certificate, and is refused the rest. */
const usualWords: SettingWords = { purpose: 'any', ocsp: 'on', 'crl-fallback': true };

/**
 * Find a policy with everything it names.
 *
 * @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN
 */
export async function resolvePolicy(store: Store, choice: PolicyChoice): Promise<ValidationPolicy> {
  const { name, ocspObject: validator } = choice;
  const stored = name === undefined ? usualWords : await findWords(store, 'policy', name);
  if (!stored) throw noPolicy(name ?? '', 'use');
  const { 'ocsp-cert-validator': own, ...rest } = stored;
  const validated = validator ?? own;
  const words: SettingWords = {
    ...rest,
    ...(validated !== undefined && { 'ocsp-cert-validator': validated }),
    ...(validator !== undefined && { ocsp: 'off' }),
  };
  const labels =
    choice.ca !== undefined && choice.ca.length > 0 ? choice.ca : readerOf(words).texts('ca');
  if (labels.length === 0) {
    throw new CertError('CONFIG_INVALID', 'Cannot judge a peer: no CA is named to believe', {
      hint: 'Add "ca LABEL", or set "ca" of the policy',
    });
  }
  const groups = [];
  for (const label of labels) groups.push(await caGroup(store, label));
  const ocsp =
    validated === undefined
      ? ocspOfWords(words)
      : await resolveOcsp(store, validatorOf(words) ?? '');
  return policyOf(words, {
    name: name ?? '',
    anchors: groups.flatMap((group) => group.anchors),
    intermediates: [...groups.flatMap((group) => group.intermediates), ...(await localCas(store))],
    ...(ocsp && { ocsp }),
  });
}

function noPolicy(name: string, what: string): CertError {
  return new CertError('CONFIG_INVALID', `Cannot ${what} policy "${name}": there is none`, {
    hint: 'See "certkeeper show crypto policy"',
  });
}
