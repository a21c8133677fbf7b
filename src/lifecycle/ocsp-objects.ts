import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import { modernOnly, type AlgorithmPolicy } from '../crypto/policy.ts';
import type { ChainMember, ResponderRules, SigningCert } from '../revocation/ocsp-rules.ts';
import { checkOcspObject } from '../settings/check-ocsp-object.ts';
import { ocspDefaults, ocspObject, type OcspObject } from '../settings/ocsp-object.ts';
import { ocspProfile, ocspSettings } from '../settings/ocsp-settings.ts';
import { ocspObjectOf } from '../settings/ocsp-words.ts';
import { wordErrors, type Setting, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ResolvedOcsp } from '../validation/contract.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import type { LifecycleContext } from './context.ts';
import { assertUrlUnneeded } from './ipsec-needs.ts';
import { assertOcspObjectUnneeded, casNamedIn, signersNamedIn } from './needed-by.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import { requestSigner } from './request-signer.ts';
import { caGroup, labelledCertificate } from './trusted-labels.ts';
import {
  assertSound,
  findWords,
  keepWords,
  policyOctets,
  type NamedWords,
} from './validation-words.ts';

/** The secret of an OCSP object. */
export const tunnelPassword = 'tunnel-password';

/** What is set by a word of its own on a line: neither the name nor the password is kept among the settings. */
export const ocspTable: readonly Setting[] = [
  ocspProfile,
  ...ocspSettings.filter(({ word }) => word !== 'name' && word !== tunnelPassword),
];

/** An OCSP object, and what an operator should know of it. */
export interface CheckedOcspObject {
  readonly object: OcspObject;
  readonly warnings: readonly string[];
}

/**
 * Check the settings of an OCSP object by themselves.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function checkedOcspObject(
  { name, words }: NamedWords,
  hasPassword: boolean,
): CheckedOcspObject {
  const object = ocspObjectOf(name, words, hasPassword);
  const { errors, warnings } = checkOcspObject(object);
  const wrong = wordErrors(ocspTable, words);
  assertSound(
    `OCSP object "${name}"`,
    wrong.length > 0 ? wrong : errors,
    wrong.length === 0 && !isAnybodyBelieved(object)
      ? 'Say who may answer: "verify-others off ca-chain LABEL", the CA and whom it has named; or "signing-certs LABEL"'
      : 'See "certkeeper ocsp verify-object --help"',
  );
  return { object, warnings };
}

function isAnybodyBelieved({ verifyOthers, signingCerts, caChain }: OcspObject): boolean {
  return verifyOthers ? signingCerts.length > 0 : (caChain ?? '') !== '';
}

/**
 * Set up an OCSP object in place of one of that name, after everything it names was found.
 *
 * @param password of the tunnel; undefined is none
 * @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN, IN_PROGRESS
 */
export async function putOcspObject(
  context: LifecycleContext,
  named: NamedWords,
  password: Uint8Array | undefined,
): Promise<void> {
  const { store } = context;
  const { object } = checkedOcspObject(named, password !== undefined);
  const secrets = password === undefined ? new Map() : new Map([[tunnelPassword, password]]);
  await oneJudgingChange(context, async () => {
    await assertNamesKnown(store, named.words);
    if (object.url === undefined) assertUrlUnneeded(await store.ipsecPeers.list(), named.name);
    const { signerCert } = object;
    if (signerCert !== undefined) await requestSigner(context, signerCert);
    await keepWords(store, 'ocsp', named, secrets);
  });
}

/**
 * Refuse an OCSP object that names what is not there, also where other settings leave it without use.
 *
 * @throws {CertError} CA_UNKNOWN, CERT_UNKNOWN
 */
export async function assertNamesKnown(store: Store, words: SettingWords): Promise<void> {
  for (const { label } of casNamedIn(words)) await caGroup(store, label);
  for (const { label } of signersNamedIn(words)) await labelledCertificate(store, label);
}

/**
 * Remove an OCSP object.
 *
 * @throws {CertError} CONFIG_INVALID when there is none, or somebody asks by it; IN_PROGRESS
 */
export async function removeOcspObject(context: LifecycleContext, name: string): Promise<void> {
  await oneJudgingChange(context, async () => {
    await assertOcspObjectUnneeded(context.store, name);
    if (await context.store.validationObjects.remove('ocsp', name)) return;
    throw noObject(name, 'remove');
  });
}

/**
 * Find an OCSP object with everything it names.
 *
 * @throws {CertError} CONFIG_INVALID when there is none; CA_UNKNOWN, CERT_UNKNOWN
 */
export async function resolveOcsp(store: Store, name: string): Promise<ResolvedOcsp> {
  const words = await findWords(store, 'ocsp', name);
  if (!words) throw noObject(name, 'use');
  const password = (await store.validationObjects.secrets('ocsp', name)).get(tunnelPassword);
  const { object } = checkedOcspObject({ name, words }, password !== undefined);
  return resolvedOcsp(object, await respondersOf(store, object), password);
}

/**
 * Find the OCSP object that a policy is bound to. It is there when the policy is set; should it not be any more, or not be
 * usable, a peer is judged all the same, and without its word.
 *
 * @throws {CertError} STORE_…
 */
export async function boundOcsp(store: Store, name: string): Promise<ResolvedOcsp> {
  try {
    return await resolveOcsp(store, name);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    const nobody: ResponderRules = { type: 'signing-certs', signingCerts: [] };
    return { ...resolvedOcsp(ocspObject({ name }), nobody), missing: error.message };
  }
}

/** Put an object together with those whose signatures it believes. */
export function resolvedOcsp(
  object: OcspObject,
  responders: ResponderRules,
  password?: Uint8Array,
): ResolvedOcsp {
  const { tunnel, tunneling, maxAgeSeconds, clockSkewSeconds } = object;
  const rules = {
    responders,
    policy: algorithmsOf(object),
    nonce: object.nonce,
    maxResponseOctets: object.maxResponseOctets,
    maxAgeSeconds,
    clockSkewSeconds,
    rejectMissingNextUpdate: object.rejectMissingNextUpdate,
    ...(object.checkResponder !== 'warn' && { checkResponder: object.checkResponder }),
  };
  return {
    name: object.name,
    rules,
    cache: {
      caching: object.caching,
      maxAgeSeconds,
      clockSkewSeconds,
      cachingThisUpdateMaxAgeSeconds: object.cachingThisUpdateMaxAgeSeconds,
      cachingNextUpdateAheadSeconds: object.cachingNextUpdateAheadSeconds,
      cacheTimeoutSeconds: object.cacheTimeoutSeconds,
      cacheErrorTimeoutSeconds: object.cacheErrorTimeoutSeconds,
    },
    query: {
      ...(object.url !== undefined && { url: object.url }),
      timeoutMs: object.timeoutMs,
      certIdHash: object.certIdHash,
      ...(object.signerCert !== undefined && { signer: object.signerCert }),
      ...(object.hostHeader !== undefined && { hostHeader: object.hostHeader }),
      ...(tunneling &&
        tunnel && {
          tunnel: {
            address: tunnel.address,
            port: tunnel.port,
            ...(tunnel.username !== undefined && { username: tunnel.username }),
            ...(password && { password }),
          },
        }),
      resolvers: object.dnsResolver,
      concurrency: object.concurrentConnectionsLimit,
    },
    policyHash: toHex(
      digest(
        'sha256',
        policyOctets([
          withFingerprints(responders),
          { ...rules, responders: responders.type },
          settingsThatDecide(responders),
        ]),
      ),
    ),
  };
}

/** What is as usual is left out: what was verified by the same policy elsewhere is known then. */
function algorithmsOf({ allowSha1, minRsaBits }: OcspObject): AlgorithmPolicy {
  return {
    ...modernOnly,
    ...(allowSha1 && { allowSha1 }),
    ...(minRsaBits !== ocspDefaults.minRsaBits && { leastRsaBits: minRsaBits }),
  };
}

async function respondersOf(store: Store, object: OcspObject): Promise<ResponderRules> {
  const { issuerCriteriaCheck, acceptTrustedRoot, caChain, trustOcspSigning } = object;
  if (object.verifyOthers) {
    const signingCerts: SigningCert[] = [];
    for (const { label, forCa } of object.signingCerts) {
      const certificate = await labelledCertificate(store, label);
      const speaksFor = typeof forCa === 'string' ? forCa : await anchorsOf(store, forCa);
      signingCerts.push({ certificate, speaksFor });
    }
    return { type: 'signing-certs', signingCerts };
  }
  const { anchors, intermediates } = await caGroup(store, caChain ?? '');
  const marked = (await anchorsOf(store, trustOcspSigning)).map(fingerprint);
  const members = [...anchors, ...intermediates].map((certificate): ChainMember => ({
    certificate,
    trustOcspSigning: marked.includes(fingerprint(certificate)),
  }));
  return { type: 'ca-chain', members, issuerCriteriaCheck, acceptTrustedRoot };
}

async function anchorsOf(store: Store, labels: readonly string[]): Promise<readonly Certificate[]> {
  const groups: Certificate[] = [];
  for (const label of labels) groups.push(...(await caGroup(store, label)).anchors);
  return groups;
}

function settingsThatDecide(responders: ResponderRules): unknown {
  if (responders.type !== 'ca-chain') return [];
  return [responders.issuerCriteriaCheck, responders.acceptTrustedRoot];
}

/** What is believed, as plain data: certificates by what they are and not by what they are called. */
function withFingerprints(responders: ResponderRules): unknown {
  if (responders.type === 'issuer') return [];
  if (responders.type === 'ca-chain') {
    return responders.members.map(({ certificate, trustOcspSigning }) => [
      fingerprint(certificate),
      trustOcspSigning,
    ]);
  }
  return responders.signingCerts.map(({ certificate, speaksFor }) => [
    fingerprint(certificate),
    typeof speaksFor === 'string' ? speaksFor : speaksFor.map(fingerprint),
  ]);
}

function fingerprint(certificate: Certificate): string {
  return toHex(digest('sha256', certificateDer(certificate)));
}

function noObject(name: string, what: string): CertError {
  return new CertError('CONFIG_INVALID', `Cannot ${what} OCSP object "${name}": there is none`, {
    hint: 'See "certkeeper show ocsp"',
  });
}
