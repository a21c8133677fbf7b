import { formatTime } from '../base/format-time.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { fromDer } from '../asn1/codec.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import type { CertificateRecord } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { samePublicKey, SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import type { LifecycleContext } from './context.ts';
import { orderChain } from './issuer-chain.ts';

/** A certificate somebody else got, with the key it is for. */
export interface ImportRequest {
  readonly name: Label;
  /** The certificate and its issuers, in any order. */
  readonly certificates: readonly Certificate[];
  /** Absent: there is none here, and nothing can be signed with the certificate. */
  readonly key?: GeneratedKey;
  /** Label of the CA profile that requests signed with it go to by themselves. */
  readonly ca?: Label;
  /** Put it in the place of a certificate that has the name. */
  readonly replace: boolean;
}

/** What was imported. */
export interface ImportResult {
  readonly certificate: CertificateRecord;
  /** The same certificate with the same key and chain was there already; nothing was written. */
  readonly isUnchanged: boolean;
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
  return alone(context, request.name, 0, (held) => importAlone(held, request));
}

async function importAlone(
  context: LifecycleContext,
  { name, certificates, key, ca, replace }: ImportRequest,
): Promise<ImportResult> {
  const { store, clock, log } = context;
  if (ca !== undefined) await findProfile(store, ca);
  const at = clock.now();
  const leaf = chooseLeaf(name, certificates, key, at);
  const { chain: issuers, others } = orderChain(leaf, certificates);
  const der = certificateDer(leaf);
  const chain = issuers.map(certificateDer);

  const current = await store.certificates.current(name);
  if (current && isSameCredential(current, { der, chain, hasKey: key !== undefined, ca })) {
    return { certificate: current, isUnchanged: true };
  }
  if (current && !replace) {
    throw new CertError('CERT_EXISTS', `Cannot import "${name}": there is such a certificate`, {
      hint: 'Add replace to put this one in its place, or choose another cert-name',
    });
  }
  const [outstanding] = await store.transactions.outstanding(name);
  if (outstanding) {
    throw new CertError(
      'TRANSACTION_OUTSTANDING',
      `Cannot import "${name}": its ${outstanding.operation} to "${outstanding.ca}" is outstanding`,
      {
        hint: `See "certkeeper cmp poll current-cert ${name}" and "certkeeper clear cmp cert-name ${name}"`,
      },
    );
  }
  for (const warning of warningsOf(name, leaf, others, at)) log.warn(warning);
  const certificate = await store.certificates.import({
    name,
    der,
    chain,
    ...(key && { key: { spki: key.key.spki, pkcs8: key.pkcs8 } }),
    source: 'import',
    ...(ca !== undefined && { ca }),
    at,
  });
  return { certificate, isUnchanged: false };
}

/** The certificate of the key; without a key, the one that issued none of the others. */
function chooseLeaf(
  name: Label,
  certificates: readonly Certificate[],
  key: GeneratedKey | undefined,
  at: Date,
): Certificate {
  const refuse = (why: string, hint: string): never => {
    throw new CertError('CERT_INVALID', `Cannot import "${name}": ${why}`, { hint });
  };
  if (certificates.length === 0) {
    return refuse('there is no certificate', 'Give the certificate in file, beside its key');
  }
  if (!key) {
    const issuers = new Set(certificates.flatMap((each) => orderChain(each, certificates).chain));
    const leaves = distinct(certificates.filter((each) => !issuers.has(each)));
    const [only = refuse('each certificate issued another', 'Leave out all but one')] = leaves;
    if (leaves.length === 1) return only;
    return refuse(
      `there is no key to choose by, and there are ${namesOf(leaves)}`,
      'Give its key-file, or one certificate with its chain',
    );
  }
  const spki = fromDer(SubjectPublicKeyInfo, key.key.spki);
  const fitting = certificates.filter(({ tbsCertificate }) =>
    samePublicKey(tbsCertificate.subjectPublicKeyInfo, spki),
  );
  // A renewed certificate may stand beside the one before it: the one that is valid, and the longest.
  const [best] = fitting.toSorted(
    (a, b) =>
      Number(isValidAt(b, at)) - Number(isValidAt(a, at)) ||
      endOf(b).getTime() - endOf(a).getTime(),
  );
  return (
    best ??
    refuse(
      `the key (${key.key.keyType}) is not the one of ${namesOf(certificates)}`,
      'Give the certificate that was issued for this key, or the key of this certificate',
    )
  );
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(
    (each, i) =>
      !certificates
        .slice(0, i)
        .some((other) => bytesEqual(certificateDer(other), certificateDer(each))),
  );
}

/** Enough to recognise a file by. */
const MAX_NAMES = 3;

function namesOf(certificates: readonly Certificate[]): string {
  const names = certificates
    .slice(0, MAX_NAMES)
    .map(({ tbsCertificate }) => quoteName(tbsCertificate.subject));
  const more = certificates.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function endOf({ tbsCertificate: { validity } }: Certificate): Date {
  return validity.notAfter.value;
}

function isValidAt(certificate: Certificate, at: Date): boolean {
  const { notBefore } = certificate.tbsCertificate.validity;
  return notBefore.value <= at && at <= endOf(certificate);
}

/** The key is the one of the certificate, so that it is the same where there is one. */
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
    bytesEqual(current.der, given.der) &&
    current.chain.length === given.chain.length &&
    current.chain.every((each, i) => bytesEqual(each, given.chain[i] ?? new Uint8Array())) &&
    (current.keyId !== undefined) === given.hasKey &&
    current.ca === given.ca
  );
}

function warningsOf(
  name: Label,
  leaf: Certificate,
  others: readonly Certificate[],
  at: Date,
): readonly string[] {
  const { notBefore } = leaf.tbsCertificate.validity;
  return [
    ...(at > endOf(leaf)
      ? [`the certificate of "${name}" expired on ${formatTime(endOf(leaf))}`]
      : []),
    ...(at < notBefore.value
      ? [`the certificate of "${name}" is not valid before ${formatTime(notBefore.value)}`]
      : []),
    ...(others.length > 0
      ? [`left out what is not in the chain of "${name}": ${namesOf(others)}`]
      : []),
  ];
}
