import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { RevDetails, RevReqContent } from '../cmp/message/revocation-content.ts';
import { certificateDer, decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import type { CRLReason } from '../x509/crl-reason.ts';
import { sameName } from '../x509/name.ts';
import type { Sender } from './authenticate.ts';
import type { Deciding, Outcome, Work } from './decision.ts';
import { serialText } from './grant.ts';
import type { LabCertificate } from './ledger-records.ts';
import { isRefusal, refusal, refusalOf, statusOf, type Refusal } from './refusal.ts';

/** What a rr asks for, and is allowed to. */
interface Asked {
  readonly type: 'asked';
  readonly target: LabCertificate;
  readonly reason: CRLReason;
}

/** Look at a request to revoke a certificate (RFC 9483 sections 4.2 and 5.1.3). */
export async function revocationOf(
  content: RevReqContent,
  sender: Sender,
  lab: Deciding,
): Promise<Work> {
  const asked = await check(content, sender, lab);
  return {
    subject: isRefusal(asked) ? '' : asked.target.subject,
    ...(isRefusal(asked) && { refused: refuse(asked) }),
    fulfil: async () => (isRefusal(asked) ? refuse(asked) : revoked(asked, lab)),
    refuse,
  };
}

function refuse(why: Refusal): Outcome {
  return { body: { type: 'rp', value: { status: [statusOf(why)] } }, phase: 'closed' };
}

function revoked({ target, reason }: Asked, { clock }: Deciding): Outcome {
  const { issuer, serialNumber } = decodeCertificate(target.der).tbsCertificate;
  return {
    body: {
      type: 'rp',
      value: {
        status: [{ status: 'accepted' }],
        revCerts: [{ issuer: { type: 'directoryName', value: issuer }, serialNumber }],
      },
    },
    phase: 'closed',
    revoked: { certificateId: target.id, at: clock.now(), reason },
  };
}

async function check(
  content: RevReqContent,
  sender: Sender,
  lab: Deciding,
): Promise<Asked | Refusal> {
  if (sender.type === 'mac') {
    return refusal('wrongIntegrity', 'rr is signed with the certificate to be revoked');
  }
  const [details, second] = content;
  if (!details || second) {
    return refusal('badRequest', `${content.length} RevDetails in one message, allowed is one`);
  }
  try {
    const target = await targetOf(details, lab);
    if (isRefusal(target)) return target;
    if (sender.issued?.id !== target.id && !isRa(sender.certificate, lab)) {
      return refusal('notAuthorized', 'Only a certificate itself or an RA asks to revoke it');
    }
    return isRevocable(target, lab) ?? { type: 'asked', target, reason: reasonIn(details) };
  } catch (thrown) {
    return refusalOf(thrown);
  }
}

async function targetOf(
  { certDetails }: RevDetails,
  { ledger, authorities }: Deciding,
): Promise<LabCertificate | Refusal> {
  const { serialNumber, issuer } = certDetails;
  if (serialNumber === undefined || !issuer) {
    return refusal('badCertTemplate', 'certDetails is to have serialNumber and issuer');
  }
  if (!sameName(issuer, authorities.issuing.certificate.tbsCertificate.subject)) {
    return refusal('badCertId', 'The issuer is not the CA of this lab that issues certificates');
  }
  const serial = serialText(serialNumber);
  const found = serialNumber > 0n ? await ledger.certificateBySerial(serial) : undefined;
  return found ?? refusal('badCertId', `No certificate with serial number ${serial} is known`);
}

/** RFC 9483 section 5.1.3: certRevoked for one that is revoked, or expired, which comes to the same. */
function isRevocable(
  { status, serial, notAfter }: LabCertificate,
  { clock }: Deciding,
): Refusal | undefined {
  if (status === 'revoked') return refusal('certRevoked', `The certificate ${serial} is revoked`);
  if (notAfter <= clock.now()) {
    return refusal('certRevoked', `The certificate ${serial} has expired`);
  }
  return undefined;
}

/**
 * The reasonCode; unspecified where there is none: RFC 9483 section 4.2 requires one, OpenSSL leaves it out.
 *
 * @throws {CertError} DER_MALFORMED
 */
function reasonIn({ crlEntryDetails }: RevDetails): CRLReason {
  const reason = extensionValue(crlEntryDetails, 'reasonCode', 'strictly') ?? 'unspecified';
  if (reason !== 'removeFromCRL') return reason;
  throw new CertError('CMP_BODY_UNEXPECTED', 'Cannot take a certificate off the CRL again');
}

/** Not any certificate with the extended key usage of an RA: only this one is run by the lab itself. */
function isRa(certificate: Certificate, { authorities }: Deciding): boolean {
  return bytesEqual(certificateDer(certificate), certificateDer(authorities.ra.certificate));
}
