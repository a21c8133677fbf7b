import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import type { NewKey } from '../store/keys-contract.ts';
import type { CertificateRecord, ImportedCertificate, Store } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { aloneSoon } from './alone.ts';
import { findProfile } from './authority.ts';
import { assertNoCaLabel } from './ca-store.ts';
import type { LifecycleContext } from './context.ts';
import { newStoredKey, type HeldKey } from './held-key.ts';
import { importedChain, type ImportedChain } from './import-chain.ts';
import { chooseLeaf, endOf, namesOf } from './import-leaf.ts';

/** A certificate somebody else got, with the key it is for. */
export interface ImportRequest {
  readonly name: Label;
  /** The certificate and its issuers, in any order. */
  readonly certificates: readonly Certificate[];
  /**
   * Its key, here or in a token. Absent: the one in the store is taken, such as that of a key request; where there is
   * none, nothing can be signed with the certificate.
   */
  readonly key?: HeldKey;
  /** Label of the CA profile that requests signed with it go to by themselves. */
  readonly ca?: Label;
  /** Put it in the place of a certificate that has the name. */
  readonly replace: boolean;
  /** Set for the name in the same write, or taken away; also when the certificate is there already. */
  readonly settings?: NonNullable<ImportedCertificate['settings']>;
  /** Refuse it when an issuer is missing. */
  readonly completeChain?: boolean;
}

/** What was imported. */
export interface ImportResult {
  readonly certificate: CertificateRecord;
  /** The same certificate with the same key and chain was there already; nothing was written. */
  readonly isUnchanged: boolean;
  /** No issuer is missing. */
  readonly isChainComplete: boolean;
}

/**
 * Take a certificate from outside into the store, with key and chain, in one write: `cert import`. The
 * key decides which of the certificates it is, and signatures decide what its chain is; none of them is
 * trusted for that.
 *
 * @throws {CertError} CERT_EXISTS, TRANSACTION_OUTSTANDING, CA_UNKNOWN, and CERT_INVALID when key and
 *   certificates do not belong together
 */
export async function importCertificate(
  context: LifecycleContext,
  request: ImportRequest,
): Promise<ImportResult> {
  return aloneSoon(context, request.name, (held) => importAlone(held, request));
}

async function importAlone(
  context: LifecycleContext,
  request: ImportRequest,
): Promise<ImportResult> {
  const { store, clock, log } = context;
  const { name, certificates, ca, replace, settings = [], completeChain = false } = request;
  if (ca !== undefined) await findProfile(store, ca);
  await assertNoCaLabel(store, name);
  const at = clock.now();
  const { leaf, key, isAnswer } = await leafAndKey(context, request, at);
  const issuers = await importedChain(store, leaf, certificates, ca);
  const isChainComplete = issuers.missing === undefined;
  if (completeChain) assertComplete(name, issuers);
  const der = certificateDer(leaf);
  const chain = issuers.chain.map(certificateDer);

  const current = await store.certificates.current(name);
  const given = { der, chain, hasKey: key !== undefined, ca };
  if (current && isSameCredential(current, given)) {
    await putSettings(store, name, settings);
    return { certificate: current, isUnchanged: true, isChainComplete };
  }
  // The answer to a request for this very name was asked for.
  if (current && !replace && !isAnswer) {
    throw new CertError('CERT_EXISTS', `Cannot import "${name}": there is such a certificate`, {
      hint: 'Add replace to put this one in its place, or choose another cert-name',
    });
  }
  await assertNotOutstanding(context, name);
  for (const warning of warningsOf(name, leaf, issuers, at)) log.warn(warning);
  const certificate = await store.certificates.import({
    name,
    der,
    chain,
    ...(key && { key }),
    source: 'import',
    ...(ca !== undefined && { ca }),
    // It is managed from here on.
    settings: [['track-source', undefined], ...settings],
    at,
  });
  return { certificate, isUnchanged: false, isChainComplete };
}

async function putSettings(
  { nameSettings }: Pick<Store, 'nameSettings'>,
  name: Label,
  settings: NonNullable<ImportRequest['settings']>,
): Promise<void> {
  for (const [key, value] of settings) {
    if (value === undefined) await nameSettings.remove(name, key);
    else await nameSettings.set(name, key, value);
  }
}

/** Choose the certificate, and the key that is stored with it. */
async function leafAndKey(
  { store }: LifecycleContext,
  { name, certificates, key }: ImportRequest,
  at: Date,
): Promise<{
  readonly leaf: Certificate;
  readonly key?: NewKey | { readonly id: number };
  /** It is for the key request of its name. */
  readonly isAnswer: boolean;
}> {
  const asked = await store.keyRequests.get(name);
  if (key) {
    const { spki } = key.key;
    const leaf = chooseLeaf('import', name, { certificates, spki }, at);
    const isAnswer = (await store.keys.findBySpki(spki))?.id === asked?.keyId;
    return { leaf, key: newStoredKey(key), isAnswer: asked !== undefined && isAnswer };
  }
  if (asked) {
    const { spki } = await store.keys.publicKey(asked.keyId);
    const otherKeyHint =
      `A key request of "${name}" waits for its answer: give the certificate that was issued for it, ` +
      'or the key-file of this one, or choose another cert-name';
    const leaf = chooseLeaf('import', name, { certificates, spki, otherKeyHint }, at);
    return { leaf, key: { id: asked.keyId }, isAnswer: true };
  }
  const leaf = chooseLeaf('import', name, { certificates }, at);
  const spki = toDer(SubjectPublicKeyInfo, leaf.tbsCertificate.subjectPublicKeyInfo);
  const stored = await store.keys.findBySpki(spki);
  return { leaf, ...(stored && { key: { id: stored.id } }), isAnswer: false };
}

function assertComplete(name: Label, { missing }: ImportedChain): void {
  if (missing === undefined) return;
  throw new CertError(
    'CERT_INVALID',
    `Cannot import "${name}": its chain is not complete, the certificate of ${missing} is missing`,
    {
      hint: 'Give it along with the certificate, import it first with "cert import … ca", or leave out complete-chain',
    },
  );
}

async function assertNotOutstanding({ store }: LifecycleContext, name: Label): Promise<void> {
  const [outstanding] = await store.transactions.overview(name);
  if (!outstanding) return;
  throw new CertError(
    'TRANSACTION_OUTSTANDING',
    `Cannot import "${name}": its ${outstanding.operation} to "${outstanding.ca}" is outstanding`,
    {
      hint: `See "certkeeper cmp poll current-cert ${name}" and "certkeeper clear cmp cert-name ${name}"`,
    },
  );
}

/**
 * Tell whether all of it is here. The key is the one of the certificate, so that it is the same where there is one; a
 * chain that was longer when it came may have been completed from what is not here any more.
 */
function isSameCredential(
  current: CertificateRecord,
  given: {
    readonly der: Uint8Array;
    readonly chain: readonly Uint8Array[];
    readonly hasKey: boolean;
    readonly ca: Label | undefined;
  },
): boolean {
  return (
    current.source !== 'track' &&
    bytesEqual(current.der, given.der) &&
    given.chain.every((each, i) => bytesEqual(each, current.chain[i] ?? new Uint8Array())) &&
    (current.keyId !== undefined) === given.hasKey &&
    current.ca === given.ca
  );
}

function warningsOf(
  name: Label,
  leaf: Certificate,
  { others, missing }: ImportedChain,
  at: Date,
): readonly string[] {
  const { validity, extensions } = leaf.tbsCertificate;
  const { notBefore } = validity;
  return [
    ...(at > endOf(leaf)
      ? [`the certificate of "${name}" expired on ${formatTime(endOf(leaf))}`]
      : []),
    ...(at < notBefore.value
      ? [`the certificate of "${name}" is not valid before ${formatTime(notBefore.value)}`]
      : []),
    ...(extensionValue(extensions, 'basicConstraints')?.cA === true
      ? [
          `the certificate of "${name}" is that of a CA; "cert import … ca" puts one into the local CA store`,
        ]
      : []),
    ...(missing === undefined
      ? []
      : [
          `the chain of "${name}" is not complete: the certificate of ${missing} is missing; ` +
            'give it along with the certificate, or import it with "cert import … ca"',
        ]),
    ...(others.length > 0
      ? [`left out what is not in the chain of "${name}": ${namesOf(others)}`]
      : []),
  ];
}
