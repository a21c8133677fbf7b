import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { fromDer } from '../asn1/codec.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { samePublicKey, SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { leavesOf } from './issuer-chain.ts';

/** What a certificate is chosen out of a file by. */
export interface LeafChoice {
  readonly certificates: readonly Certificate[];
  /** DER of the SubjectPublicKeyInfo of the key it must be for; absent: there is no key. */
  readonly spki?: Uint8Array | undefined;
  /** What to do when the key is not that of any of them, in place of the usual words. */
  readonly otherKeyHint?: string | undefined;
}

/**
 * Choose which certificate of a file is meant: the one of the key; without a key, the one that issued none of the others.
 *
 * @param doing for messages: `import`, `track`
 * @throws {CertError} CERT_INVALID
 */
export function chooseLeaf(
  doing: string,
  name: Label,
  { certificates, spki, otherKeyHint }: LeafChoice,
  at: Date,
): Certificate {
  const refuse = (why: string, hint: string): never => {
    throw new CertError('CERT_INVALID', `Cannot ${doing} "${name}": ${why}`, { hint });
  };
  if (certificates.length === 0) {
    return refuse('there is no certificate', 'Give the certificate in file, beside its key');
  }
  if (!spki) {
    const leaves = leavesOf(certificates);
    const [only = refuse('each certificate issued another', 'Leave out all but one')] = leaves;
    if (leaves.length === 1) return only;
    return refuse(
      `there is no key to choose by, and there are ${namesOf(leaves)}`,
      doing === 'import'
        ? 'Give its key-file, or one certificate with its chain'
        : 'Name a file with one certificate and its chain',
    );
  }
  const key = fromDer(SubjectPublicKeyInfo, spki);
  const fitting = certificates.filter(({ tbsCertificate }) =>
    samePublicKey(tbsCertificate.subjectPublicKeyInfo, key),
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
      `the key (${describeKey(spki).keyType}) is not the one of ${namesOf(certificates)}`,
      otherKeyHint ??
        'Give the certificate that was issued for this key, or the key of this certificate',
    )
  );
}

/** Enough to recognise a file by. */
const MAX_NAMES = 3;

/** Name the first of some certificates by their subjects, and say how many more there are. */
export function namesOf(certificates: readonly Certificate[]): string {
  const names = certificates
    .slice(0, MAX_NAMES)
    .map(({ tbsCertificate }) => quoteName(tbsCertificate.subject));
  const more = certificates.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** When a certificate ends. */
export function endOf({ tbsCertificate: { validity } }: Certificate): Date {
  return validity.notAfter.value;
}

function isValidAt(certificate: Certificate, at: Date): boolean {
  const { notBefore } = certificate.tbsCertificate.validity;
  return notBefore.value <= at && at <= endOf(certificate);
}
