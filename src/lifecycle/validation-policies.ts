import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { suggest } from '../base/suggest.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import type { ValidationPolicy } from '../validation/contract.ts';
import type { LifecycleContext } from './context.ts';
import { assertPolicyUnneeded, validatorOf } from './needed-by.ts';
import { boundOcsp, resolveOcsp } from './ocsp-objects.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import { assertOwnNames } from './own-names.ts';
import { ocspOfWords, policyErrors, policyOf } from './policy-of-words.ts';
import { policyWarnings } from './policy-warnings.ts';
import { caGroup, localCas } from './trusted-labels.ts';
import { assertSound, findWords, keepWords, type NamedWords } from './validation-words.ts';

/** What else a policy may refer to, by name. */
export interface PolicyReferences {
  readonly ocspObjects: readonly string[];
  readonly crls: readonly string[];
}

/**
 * Check a policy when it is set: each value in its range, whatever it names there, and nothing that could never work.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID
 */
export function checkPolicy(
  { name, words }: NamedWords,
  { ocspObjects, crls }: PolicyReferences,
): void {
  parseLabel(name, 'policy');
  const errors = [...policyErrors(words)];
  let hint = 'See "certkeeper crypto map --help"';
  const validator = validatorOf(words);
  if (validator !== undefined && errors.length === 0 && !ocspObjects.includes(validator)) {
    errors.push(`there is no OCSP object "${validator}"${near(validator, ocspObjects)}`);
    hint = `Set it up with "certkeeper ocsp verify-object ${validator} …", or see "certkeeper show ocsp"`;
  }
  for (const crl of readerOf(words).texts('ca-crl')) {
    if (crls.includes(crl)) continue;
    errors.push(`there is no CRL "${crl}"${near(crl, crls)}`);
    if (errors.length === 1) {
      hint = `Set it up with "certkeeper ca-crl name ${crl} …", or see "certkeeper show ca-crl"`;
    }
  }
  assertSound(`policy "${name}"`, errors, hint);
}

function near(name: string, known: readonly string[]): string {
  const meant = suggest(name, known);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
}

/** Write a policy as it is stored: an OCSP object by its name alone. */
export function storedPolicyWords(words: SettingWords): SettingWords {
  const validator = validatorOf(words);
  return { ...words, ...(validator !== undefined && { 'ocsp-cert-validator': validator }) };
}

/**
 * Set up a policy in place of one of that name.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID, CA_UNKNOWN, CERT_UNKNOWN, IN_PROGRESS
 */
export async function putPolicy(context: LifecycleContext, named: NamedWords): Promise<void> {
  const { store } = context;
  const { name } = named;
  const namesOf = async (kind: ValidationKind): Promise<readonly string[]> =>
    (await store.validationObjects.list(kind)).map((object) => object.name);
  await oneJudgingChange(context, async () => {
    checkPolicy(named, { ocspObjects: await namesOf('ocsp'), crls: await namesOf('crl') });
    for (const label of readerOf(named.words).texts('ca')) await caGroup(store, label);
    await assertOwnNames(store, named.words);
    for (const warning of await policyWarnings(context, named.words)) context.log.warn(warning);
    await keepWords(store, 'policy', { name, words: storedPolicyWords(named.words) });
  });
}

/**
 * Remove a policy.
 *
 * @throws {CertError} CONFIG_INVALID when there is none, or an IPsec peer is judged by it
 */
export async function removePolicy(context: LifecycleContext, name: string): Promise<void> {
  await oneJudgingChange(context, async () => {
    await assertPolicyUnneeded(context.store, name);
    const { validationObjects } = context.store;
    if (await validationObjects.remove('policy', name)) return;
    throw noPolicy(name, 'remove', suggest(name, await policyNames(context.store)));
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
  if (!stored) {
    throw noPolicy(name ?? '', 'use', suggest(name ?? '', await policyNames(store)));
  }
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
  const bound = validatorOf(words);
  // Who asks by an object of his choice is told when there is none.
  const find = validator === undefined ? boundOcsp : resolveOcsp;
  const ocsp = bound === undefined ? ocspOfWords(words) : await find(store, bound);
  return policyOf(words, {
    name: name ?? '',
    anchors: groups.flatMap((group) => group.anchors),
    intermediates: [...groups.flatMap((group) => group.intermediates), ...(await localCas(store))],
    ...(ocsp && { ocsp }),
  });
}

async function policyNames(store: Store): Promise<readonly string[]> {
  return (await store.validationObjects.list('policy')).map(({ name }) => name);
}

function noPolicy(name: string, what: string, meant?: string): CertError {
  return new CertError('CONFIG_INVALID', `Cannot ${what} policy "${name}": there is none`, {
    hint: meant === undefined ? 'See "certkeeper show crypto policy"' : `Did you mean "${meant}"?`,
  });
}
