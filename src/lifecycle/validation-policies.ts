import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { modernOnly } from '../crypto/policy.ts';
import type { KeyPurpose } from '../revocation/key-purpose.ts';
import { ocspObject } from '../settings/ocsp-object.ts';
import { policySettings } from '../settings/policy-settings.ts';
import { readerOf, wordErrors, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import type { ResolvedOcsp, RevocationMode, ValidationPolicy } from '../validation/contract.ts';
import type { LifecycleContext } from './context.ts';
import { validatorOf } from './needed-by.ts';
import { resolvedOcsp, resolveOcsp } from './ocsp-objects.ts';
import { oneJudgingChange } from './one-judging-change.ts';
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
  const { text, texts, flag } = readerOf(words);
  const errors = [...wordErrors(policySettings, words)];
  const validator = validatorOf(words);
  const ocsp = text('ocsp') ?? 'off';
  if (validator !== undefined && ocsp !== 'off') {
    errors.push(
      'ocsp asks as RFC 6960 has it, and ocsp-cert-validator as an object says: not both',
    );
  }
  if (validator !== undefined && !(await references.hasOcspObject(validator))) {
    errors.push(`there is no OCSP object "${validator}" for ocsp-cert-validator`);
  }
  for (const crl of texts('ca-crl')) {
    if (!(await references.hasCrl(crl))) errors.push(`there is no CRL "${crl}" for ca-crl`);
  }
  const hasOcsp = validator !== undefined || ocsp !== 'off';
  const hasCrls = usesCrls(words) && (texts('ca-crl').length > 0 || fetches(words));
  if ((text('revocation') ?? 'strict') === 'strict' && !hasOcsp && !hasCrls) {
    errors.push('revocation is strict and no source is left: nobody would be accepted');
  }
  if (!hasOcsp && (text('ocsp-revoked-fallback') ?? flag('unknown-fallback')) !== undefined) {
    errors.push(
      'ocsp-revoked-fallback and unknown-fallback are about OCSP, and nothing asks by it',
    );
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
  const { texts, text, number, flag } = readerOf(words);
  const labels = choice.ca !== undefined && choice.ca.length > 0 ? choice.ca : texts('ca');
  if (labels.length === 0) {
    throw new CertError('CONFIG_INVALID', 'Cannot judge a peer: no CA is named to believe', {
      hint: 'Add "ca LABEL", or set "ca" of the policy',
    });
  }
  const groups = [];
  for (const label of labels) groups.push(await caGroup(store, label));
  const anchors = groups.flatMap((group) => group.anchors);
  const intermediates = [
    ...groups.flatMap((group) => group.intermediates),
    ...(await localCas(store)),
  ];
  const purpose = purposeOf(words);
  const ocsp = await ocspOf(store, words);
  const hosts = texts('crl-hosts');
  const certificatePolicies = texts('certificate-policy');
  return {
    name: name ?? '',
    path: {
      anchors,
      intermediates,
      policy: {
        ...modernOnly,
        allowSha1: flag('allow-sha1') ?? false,
        allowDsa: flag('allow-dsa') ?? false,
      },
      ...(certificatePolicies.length > 0 && { userInitialPolicySet: new Set(certificatePolicies) }),
      initialExplicitPolicy: flag('explicit-policy') ?? false,
      initialPolicyMappingInhibit: flag('inhibit-policy-mapping') ?? false,
      initialAnyPolicyInhibit: flag('inhibit-any-policy') ?? false,
      limits: { chainLength: number('max-chain-length') ?? 4 },
    },
    ...(purpose && { purpose }),
    hosts: purpose?.type === 'tls-server' ? 'wildcards' : 'exact',
    revocation: modeOf(text('revocation')),
    ...(ocsp && { ocsp }),
    crls: {
      use: usesCrls(words),
      configured: texts('ca-crl'),
      fromCertificates: fetches(words),
      useDeltas: flag('use-deltas') ?? true,
      clockSkewSeconds: number('clock-skew') ?? 300,
      ...(hosts.length > 0 && { hosts }),
    },
    ocspRevoked: text('ocsp-revoked-fallback') === 'crl' ? 'crl' : 'reject',
    unknownFallback: flag('unknown-fallback') ?? false,
    deadlineMs: number('deadline') ?? 5000,
  };
}

/** With an OCSP object bound, only its word counts, unless CRLs are named or asked for. */
function usesCrls(words: SettingWords): boolean {
  const { texts, flag } = readerOf(words);
  return (
    validatorOf(words) === undefined ||
    texts('ca-crl').length > 0 ||
    (flag('crl-fallback') ?? false)
  );
}

function fetches(words: SettingWords): boolean {
  return readerOf(words).flag('crl-distribution-points') ?? true;
}

function modeOf(text: string | undefined): RevocationMode {
  return text === 'relaxed' || text === 'ifuri' ? text : 'strict';
}

function purposeOf(words: SettingWords): KeyPurpose | undefined {
  const { text, flag } = readerOf(words);
  const type = text('purpose') ?? 'ike';
  if (type === 'tls-client' || type === 'tls-server') return { type };
  if (type === 'any') return undefined;
  return { type: 'ike', acceptTlsUsages: flag('accept-tls-usages') ?? true };
}

async function ocspOf(store: Store, words: SettingWords): Promise<ResolvedOcsp | undefined> {
  const validator = validatorOf(words);
  if (validator !== undefined) return await resolveOcsp(store, validator);
  const ocsp = readerOf(words).text('ocsp') ?? 'off';
  if (ocsp === 'off') return undefined;
  const object = ocspObject({
    name: '',
    nonce: ocsp === 'nonce' ? 'require' : 'off',
    // Nobody set a time for this one: a responder far away has to be within reach.
    timeoutMs: 2000,
  });
  return resolvedOcsp(object, { type: 'issuer' });
}

function noPolicy(name: string, what: string): CertError {
  return new CertError('CONFIG_INVALID', `Cannot ${what} policy "${name}": there is none`, {
    hint: 'See "certkeeper show crypto policy"',
  });
}
