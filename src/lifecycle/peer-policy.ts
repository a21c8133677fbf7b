import { schemeOf } from '../retrieval/url.ts';
import type { ResponderRules, SigningCert } from '../revocation/ocsp-rules.ts';
import { checkOcspObject } from '../settings/check-ocsp-object.ts';
import { ocspObject, type OcspObject } from '../settings/ocsp-object.ts';
import type { SettingWords } from '../settings/setting.ts';
import type { ResolvedOcsp, RevocationMode, ValidationPolicy } from '../validation/contract.ts';
import type { CrlPlace } from '../validation/crl-places.ts';
import type { Certificate } from '../x509/certificate.ts';
import { resolvedOcsp } from './ocsp-objects.ts';
import { ocspOfWords, policyErrors, policyOf } from './policy-of-words.ts';
import { assertSound } from './validation-words.ts';

/**
 * How peers are judged, as data: the settings of `crypto map` with the same ranges and defaults, and with certificates
 * where an operator writes labels. docs/validation.md describes each under its word.
 */
export interface PeerPolicy {
  /** In events; empty when left out. */
  readonly name?: string;
  /** Whom to believe. What `purpose` is on top of that never makes anybody an anchor. */
  readonly anchors: readonly Certificate[];
  /** Candidates for paths beside those peers send; trusted in nothing. */
  readonly intermediates?: readonly Certificate[];
  /** `ike` when left out; what judges peers of TLS puts the right one in its place, unless this is `any`. */
  readonly purpose?: 'ike' | 'tls-client' | 'tls-server' | 'any';
  readonly acceptTlsUsages?: boolean;
  /** 1 to 16; 4 when left out. */
  readonly maxChainLength?: number;
  /** `strict` when left out. */
  readonly revocation?: RevocationMode;
  /** `off` when left out. Settings of its own are as `ocsp-cert-validator`, so that CRLs need a word of their own. */
  readonly ocsp?: 'off' | 'on' | 'nonce' | PeerOcsp;
  /** CRLs to look at, by their URLs or paths. */
  readonly crls?: readonly string[];
  readonly crlDistributionPoints?: boolean;
  readonly crlHosts?: readonly string[];
  readonly crlFiles?: boolean;
  readonly certHashUrl?: boolean;
  readonly crlFallback?: boolean;
  readonly useDeltas?: boolean;
  readonly clockSkewSeconds?: number;
  readonly ocspRevokedFallback?: 'reject' | 'crl';
  readonly unknownFallback?: boolean;
  readonly deadlineMs?: number;
  /** OIDs. */
  readonly certificatePolicies?: readonly string[];
  readonly explicitPolicy?: boolean;
  readonly inhibitPolicyMapping?: boolean;
  readonly inhibitAnyPolicy?: boolean;
  /** 1024 to 16384; 2048 when left out. */
  readonly minRsaBits?: number;
  readonly allowSha1?: boolean;
  readonly allowDsa?: boolean;
}

/** How responders are asked: the settings of `ocsp verify-object` with the same ranges and defaults. */
export interface PeerOcsp extends Partial<
  Omit<
    OcspObject,
    | 'name'
    | 'verifyOthers'
    | 'signingCerts'
    | 'signerCert'
    | 'caChain'
    | 'issuerCriteriaCheck'
    | 'acceptTrustedRoot'
    | 'trustOcspSigning'
    | 'tunneling'
    | 'tunnel'
  >
> {
  /** Who may sign responses; left out, the CA that issued a certificate and whom that CA named. */
  readonly responders?: readonly SigningCert[];
  /** The HTTP proxy that queries go through, by CONNECT. */
  readonly tunnel?: {
    readonly address: string;
    readonly port: number;
    readonly username?: string;
    readonly password?: Uint8Array;
  };
}

/** A policy, and the CRLs it looks at. */
export interface CheckedPeerPolicy {
  readonly policy: ValidationPolicy;
  readonly crls: readonly CrlPlace[];
}

/** Where each word of a policy is said; `kind` means nothing without a gateway, and `ca` are the anchors. */
const fieldOfWord = {
  purpose: 'purpose',
  'accept-tls-usages': 'acceptTlsUsages',
  'max-chain-length': 'maxChainLength',
  revocation: 'revocation',
  'ca-crl': 'crls',
  'crl-distribution-points': 'crlDistributionPoints',
  'crl-hosts': 'crlHosts',
  'crl-files': 'crlFiles',
  'cert-hash-url': 'certHashUrl',
  'crl-fallback': 'crlFallback',
  'use-deltas': 'useDeltas',
  'clock-skew': 'clockSkewSeconds',
  'ocsp-revoked-fallback': 'ocspRevokedFallback',
  'unknown-fallback': 'unknownFallback',
  deadline: 'deadlineMs',
  'certificate-policy': 'certificatePolicies',
  'explicit-policy': 'explicitPolicy',
  'inhibit-policy-mapping': 'inhibitPolicyMapping',
  'inhibit-any-policy': 'inhibitAnyPolicy',
  'min-rsa-size': 'minRsaBits',
  'allow-sha1': 'allowSha1',
  'allow-dsa': 'allowDsa',
} as const;

/**
 * Check a policy that is given as data, by the rules of one that an operator sets.
 *
 * @throws {CertError} CONFIG_INVALID for what could never work; URL of a CRL that is none
 */
export function checkedPeerPolicy(data: PeerPolicy): CheckedPeerPolicy {
  const { name = '', anchors, intermediates = [], ocsp = 'off', crls = [] } = data;
  const words: SettingWords = {
    ...Object.fromEntries(
      Object.entries(fieldOfWord).flatMap(([word, field]) => {
        const value = data[field];
        return value === undefined ? [] : [[word, value] as const];
      }),
    ),
    ...(typeof ocsp === 'string' ? { ocsp } : { 'ocsp-cert-validator': 'ocsp' }),
  };
  const what = name === '' ? 'a policy' : `policy "${name}"`;
  const nobody = anchors.length === 0 ? ['there are no anchors: nobody would be accepted'] : [];
  assertSound(
    what,
    [...nobody, ...policyErrors(words)],
    'See "Settings of a policy" in docs/validation.md',
  );
  for (const url of crls) schemeOf(url);
  const asked = typeof ocsp === 'string' ? ocspOfWords(words) : ocspOf(what, ocsp);
  const policy = policyOf(words, { name, anchors, intermediates, ...(asked && { ocsp: asked }) });
  return { policy, crls: crls.map((url) => ({ name: url, url })) };
}

function ocspOf(what: string, { responders, tunnel, ...given }: PeerOcsp): ResolvedOcsp {
  const { password, ...proxy } = tunnel ?? { address: '', port: 1 };
  const object = ocspObject({
    ...given,
    name: 'ocsp',
    // Who signs is said by certificates, and not by labels.
    verifyOthers: false,
    caChain: 'none',
    ...(tunnel && { tunneling: true, tunnel: { ...proxy, hasPassword: password !== undefined } }),
  });
  assertSound(`ocsp of ${what}`, checkOcspObject(object).errors);
  const rules: ResponderRules = responders
    ? { type: 'signing-certs', signingCerts: responders }
    : { type: 'issuer' };
  return resolvedOcsp(object, rules, password);
}
