import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import type { CaCertificateRecord } from '../store/entries-contract.ts';
import type { Store } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { Name } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import { aloneSoon } from './alone.ts';
import type { LifecycleContext } from './context.ts';
import { endOf } from './import-leaf.ts';
import { isSame, isSelfSigned } from './issuer-chain.ts';

/** A CA certificate on its way into the local CA store. */
export interface CaImportRequest {
  readonly label: Label;
  /** What the file brought: exactly one may be in it. */
  readonly certificates: readonly Certificate[];
  /** A private key was in the file, too. */
  readonly hasKey: boolean;
  /** Put it in the place of another certificate of this label. */
  readonly replace: boolean;
}

/** What was imported. */
export interface CaImportResult {
  readonly record: CaCertificateRecord;
  /** It stood under this label already. */
  readonly isUnchanged: boolean;
}

/**
 * Put a CA certificate into the local CA store: `cert import … ca`. Chains are completed from there; nothing is trusted
 * for being in it.
 *
 * @throws {CertError} CERT_INVALID when it is not one CA certificate alone, CERT_EXISTS when the label is taken
 */
export async function importCaCertificate(
  context: LifecycleContext,
  request: CaImportRequest,
): Promise<CaImportResult> {
  const { label, replace } = request;
  const certificate = theOne(request);
  return aloneSoon(context, label, async ({ store, clock, log }) => {
    await assertNoCertificate(store, label);
    const warnings = judge(label, certificate, clock.now());
    const der = certificateDer(certificate);
    const record: CaCertificateRecord = {
      label,
      der,
      subject: toDer(Name, certificate.tbsCertificate.subject),
      createdAt: clock.now(),
    };
    const twin = (await store.caCertificates.list()).find(
      (each) => each.label !== label && bytesEqual(each.der, der),
    );
    if (!(await store.caCertificates.put(record, replace))) {
      return { record: (await store.caCertificates.get(label)) ?? record, isUnchanged: true };
    }
    for (const warning of warnings) log.warn(warning);
    if (twin) log.warn(`the same CA certificate is here as "${twin.label}", too`);
    return { record, isUnchanged: false };
  });
}

/** Enough to tell them apart by. */
const MAX_LISTED = 10;

function theOne({ label, certificates, hasKey }: CaImportRequest): Certificate {
  const refuse = (why: string, hint: string): never => {
    throw new CertError('CERT_INVALID', `Cannot import CA certificate "${label}": ${why}`, {
      hint,
    });
  };
  if (hasKey) {
    return refuse(
      'there is a private key with it',
      'Give the certificate alone; the key of a CA has no place here',
    );
  }
  const [first = refuse('there is no certificate in the file', 'Give it as PEM or DER'), ...more] =
    certificates.filter((each, i) => !certificates.slice(0, i).some((one) => isSame(one, each)));
  if (more.length === 0) return first;
  const all = [first, ...more];
  const names = all
    .slice(0, MAX_LISTED)
    .map(({ tbsCertificate }) => quoteName(tbsCertificate.subject));
  const rest = all.length > names.length ? ` and ${all.length - names.length} more` : '';
  return refuse(
    `there are ${all.length} certificates in the file: ${names.join(', ')}${rest}`,
    'Write each into a file of its own, with ' +
      `"csplit -z -f ${label}- -b %d.pem FILE '/-----BEGIN CERTIFICATE-----/' '{*}'", and import them ` +
      `one by one: "certkeeper cert import cert-name ${label}-0 file ${label}-0.pem ca", …`,
  );
}

/** Refuse what is no CA certificate, and give what an operator should know of one that is. */
function judge(label: Label, certificate: Certificate, at: Date): readonly string[] {
  const { version, extensions, subject, validity } = certificate.tbsCertificate;
  const said = extensionValue(extensions, 'basicConstraints')?.cA;
  // Version 1 has no extensions to say it in: old roots are like that.
  const isOldRoot = version < 2 && isSelfSigned(certificate);
  if (said !== true && !isOldRoot) {
    throw new CertError(
      'CERT_INVALID',
      `Cannot import CA certificate "${label}": ${quoteName(subject)} is not a CA (basicConstraints)`,
      { hint: 'Give the certificate of the CA, or leave out ca' },
    );
  }
  const mayNotSign = extensionValue(extensions, 'keyUsage')?.includes('keyCertSign') === false;
  return [
    ...(isOldRoot
      ? [`the CA certificate "${label}" is of version 1, which cannot say that it is one`]
      : []),
    ...(mayNotSign ? [`the keyUsage of CA certificate "${label}" does not allow keyCertSign`] : []),
    ...(at > endOf(certificate)
      ? [`the CA certificate "${label}" expired on ${formatTime(endOf(certificate))}`]
      : []),
    ...(at < validity.notBefore.value
      ? [
          `the CA certificate "${label}" is not valid before ${formatTime(validity.notBefore.value)}`,
        ]
      : []),
  ];
}

/**
 * Refuse the name of a certificate that labels a CA certificate: of `show cert N` and `cert remove N` it must be clear
 * what they mean.
 *
 * @throws {CertError} CERT_EXISTS
 */
export async function assertNoCaLabel({ caCertificates }: Store, name: Label): Promise<void> {
  if (!(await caCertificates.get(name))) return;
  throw new CertError(
    'CERT_EXISTS',
    `Cannot use "${name}" as the name of a certificate: it is the label of a CA certificate`,
    { hint: `Choose another cert-name, or see "certkeeper show cert ${name}"` },
  );
}

/** The other way round: also while only a key or a request is there under the name. */
async function assertNoCertificate(store: Store, label: Label): Promise<void> {
  const isTaken =
    (await store.certificates.versions(label)).length > 0 ||
    (await store.transactions.overview(label)).length > 0 ||
    (await store.keyRequests.get(label)) !== undefined;
  if (!isTaken) return;
  throw new CertError(
    'CERT_EXISTS',
    `Cannot use "${label}" as the label of a CA certificate: it is the name of a certificate`,
    {
      hint: `Choose another cert-name, or forget that certificate with "certkeeper cert remove ${label}"`,
    },
  );
}
