import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import {
  isAmong,
  isSameAuthority,
  isSameEntity,
  maySignCrls,
  signersOf,
  type CrlSigners,
} from './crl-signer.ts';
import type { Crl } from './crl.ts';
import { unavailable, type RevocationVerdict, type Unavailable } from './verdict.ts';

/** A CRL whose signer may speak for whoever issued the certificate that is asked about. */
export interface TrustedCrl {
  readonly type: 'trusted';
  readonly crl: Crl;
  readonly signer: Certificate;
}

/** Say whether a certificate is revoked, whose issuers up to the anchor are these. */
export type StatusOf = (
  certificate: Certificate,
  above: readonly Certificate[],
) => RevocationVerdict;

/** For whom a CRL shall speak. */
export interface CrlTrust {
  /** Certificates whose status is being asked for; the last is the one the CRL is for. */
  readonly asked: readonly Certificate[];
  /** From the issuer of that one up to the anchor. */
  readonly above: readonly Certificate[];
  readonly signers: CrlSigners;
  readonly policy: AlgorithmPolicy;
  readonly status: StatusOf;
}

/** Signers of CRLs whose own certificates are checked by CRLs with signers of their own, one above the other. */
const MAX_SIGNER_DEPTH = 4;

/**
 * Find the signer of a CRL that may speak for the issuer of a certificate: RFC 5280 section 6.3.3 (f) and (g). It leads
 * to the same anchor, is not revoked, and if it has the name of the issuer it is that CA.
 */
export function trustCrl(crl: Crl, trust: CrlTrust): TrustedCrl | Unavailable {
  const who = quoteName(crl.issuer);
  const signed = signersOf(crl, trust.signers, trust.policy, trust.above);
  if (!signed) return untrusted(`no certificate of ${who} is known, which issued the CRL`);
  if (signed.length === 0) {
    return unavailable('bad-signature', `the CRL of ${who} is signed by no key of that name`);
  }
  let why = '';
  for (const signer of signed) {
    const refusal = refusalOf(crl, signer, trust);
    if (refusal === undefined) return { type: 'trusted', crl, signer };
    why ||= refusal;
  }
  return untrusted(`the CRL of ${who} is signed by a key that may not: ${why}`);
}

function refusalOf(crl: Crl, signer: Certificate, trust: CrlTrust): string | undefined {
  const { asked, above, signers } = trust;
  if (!maySignCrls(signer)) return 'its keyUsage does not allow cRLSign';
  // The path itself was found and is checked: most CRLs are signed by whoever issued the certificate.
  if (isAmong(signer, above)) return undefined;
  const aboveSigner = signers.above(signer);
  if (!aboveSigner) return 'it is on no path to the anchor';
  const path = [signer, ...aboveSigner];
  const issuer = asked.at(-1)?.tbsCertificate.issuer;
  const isOwn = issuer !== undefined && sameName(crl.issuer, issuer);
  if (isOwn && !isSameAuthority(path, above)) return 'it is another CA of that name';
  return refusalOfPath(path, trust);
}

/** Signers are checked for revocation, too. */
function refusalOfPath(
  path: readonly Certificate[],
  { asked, above, status: statusOf }: CrlTrust,
): string | undefined {
  for (const [i, one] of path.slice(0, -1).entries()) {
    if (isAmong(one, above)) return undefined;
    // What covers the certificate it is signed with is looked up in there; no longer circle counts.
    if (i === 0 && isAmong(one, asked.slice(-1))) continue;
    if (asked.some((other) => isSameEntity(other, one))) {
      return 'its own status hangs on what it signed';
    }
    if (asked.length > MAX_SIGNER_DEPTH) return 'its own status hangs on too many others';
    const status = statusOf(one, path.slice(i + 1));
    if (status.type === 'revoked') return 'it is revoked itself';
    if (status.type === 'unavailable') return `its own status is not known: ${status.detail}`;
  }
  return undefined;
}

function untrusted(detail: string): Unavailable {
  return unavailable('crl-issuer-untrusted', detail);
}
