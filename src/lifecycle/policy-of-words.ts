import { modernOnly } from '../crypto/policy.ts';
import type { KeyPurpose } from '../revocation/key-purpose.ts';
import { ocspObject } from '../settings/ocsp-object.ts';
import { policySettings } from '../settings/policy-settings.ts';
import { readerOf, wordErrors, type SettingWords } from '../settings/setting.ts';
import type { ResolvedOcsp, RevocationMode, ValidationPolicy } from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { resolvedOcsp } from './ocsp-objects.ts';

/** What the labels in the words of a policy stand for. */
export interface PolicyParts {
  readonly name: string;
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** Left out: no OCSP. */
  readonly ocsp?: ResolvedOcsp;
}

/** Say what is wrong with the words of a policy by themselves, whatever they refer to; sentences without a period. */
export function policyErrors(words: SettingWords): readonly string[] {
  const { text, texts, flag } = readerOf(words);
  const errors = [...wordErrors(policySettings, words)];
  const ocsp = text('ocsp') ?? 'off';
  if (hasValidator(words) && ocsp !== 'off') {
    errors.push(
      'ocsp asks as RFC 6960 has it, and ocsp-cert-validator as an object says: not both',
    );
  }
  const hasOcsp = hasValidator(words) || ocsp !== 'off';
  const hasCrls = usesCrls(words) && (texts('ca-crl').length > 0 || fetches(words));
  if (modeOf(text('revocation')) === 'strict' && !hasOcsp && !hasCrls) {
    errors.push('revocation is strict and no source is left: nobody would be accepted');
  }
  if (!hasOcsp && (text('ocsp-revoked-fallback') ?? flag('unknown-fallback')) !== undefined) {
    errors.push(
      'ocsp-revoked-fallback and unknown-fallback are about OCSP, and nothing asks by it',
    );
  }
  return errors;
}

/** Make a policy of its words, with what was found for the labels in them: the one place where the defaults are. */
export function policyOf(
  words: SettingWords,
  { name, anchors, intermediates, ocsp }: PolicyParts,
): ValidationPolicy {
  const { texts, text, number, flag } = readerOf(words);
  const purpose = purposeOf(words);
  const hosts = texts('crl-hosts');
  const certificatePolicies = texts('certificate-policy');
  const leastRsaBits = number('min-rsa-size');
  return {
    name,
    path: {
      anchors,
      intermediates,
      policy: {
        ...modernOnly,
        ...(leastRsaBits !== undefined && { leastRsaBits }),
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
      files: flag('crl-files') ?? false,
    },
    ocspRevoked: text('ocsp-revoked-fallback') === 'crl' ? 'crl' : 'reject',
    unknownFallback: flag('unknown-fallback') ?? false,
    certHashUrl: flag('cert-hash-url') ?? false,
    deadlineMs: number('deadline') ?? 5000,
  };
}

/** How `ocsp` of a policy asks, which has no object; undefined when it does not. */
export function ocspOfWords(words: SettingWords): ResolvedOcsp | undefined {
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

/** With an OCSP object bound, only its word counts, unless CRLs are named or asked for. */
function usesCrls(words: SettingWords): boolean {
  const { texts, flag } = readerOf(words);
  return !hasValidator(words) || texts('ca-crl').length > 0 || (flag('crl-fallback') ?? false);
}

function hasValidator(words: SettingWords): boolean {
  return words['ocsp-cert-validator'] !== undefined;
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
