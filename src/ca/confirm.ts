import { bytesEqual } from '../base/bytes.ts';
import { oids } from '../asn1/oids.ts';
import type { CertConfirmContent } from '../cmp/message/cert-confirm.ts';
import type { PKIMessage } from '../cmp/message/pki-message.ts';
import { certHash } from '../crypto/cert-hash.ts';
import { digest, findDigest } from '../crypto/digest.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import type { Deciding, Outcome, Work } from './decision.ts';
import type { LabCertificate, LabTransaction } from './ledger-records.ts';
import { refusal, statusOf, type Refusal } from './refusal.ts';
import { refuseConfirmation } from './refuse-repeat.ts';

/**
 * Look at a certConf.
 *
 * @returns a refusal for what leaves the certificate unconfirmed as it is
 */
export async function confirmationOf(
  { header }: PKIMessage,
  content: CertConfirmContent,
  transaction: LabTransaction,
  { ledger, settings, clock }: Deciding,
): Promise<Work | Refusal> {
  const { certificateId } = transaction;
  const issued = certificateId === undefined ? undefined : await ledger.certificate(certificateId);
  if (!issued) return refusal('badRequest', 'There is no certificate to confirm');
  if (issued.status !== 'issued') return refuseConfirmation(issued);
  const [status, second] = content;
  if (second) return refusal('badRequest', 'certConf is about more than one certificate');
  // OpenSSL has -1 for PKCS #10, the letter of RFC 9483 section 4.1.1 has 0.
  if (status && status.certReqId !== transaction.certReqId && status.certReqId !== 0) {
    return refusal('badRequest', `certReqId is ${status.certReqId}`);
  }
  const { subject } = issued;
  const end = (certificateStatus: 'current' | 'rejected'): Work => ({
    subject,
    fulfil: async () => ({
      body: { type: 'pkiconf', value: null },
      phase: 'closed',
      certificateStatus,
    }),
    refuse,
  });
  const refused = (why: Refusal): Work => {
    const outcome = refuse(why);
    return { subject, refused: outcome, fulfil: async () => outcome, refuse };
  };
  // One whose answer is delayed came in time.
  const isNew = transaction.delayedConfirmation === undefined;
  if (isNew && isLate(issued, settings.confirmWaitSeconds, clock.now())) {
    return refused(refusal('badRequest', 'confirmWaitTime is over: the certificate is taken back'));
  }
  // RFC 9810 section 5.3.18: an empty list rejects everything.
  if (!status || (status.statusInfo && status.statusInfo.status !== 'accepted')) {
    return end('rejected');
  }
  const fits = hashFits(issued.der, status, header.pvno);
  return fits === true ? end('current') : refused(fits);
}

function refuse(why: Refusal): Outcome {
  return {
    body: { type: 'error', value: { pKIStatusInfo: statusOf(why) } },
    phase: 'closed',
    certificateStatus: 'rejected',
  };
}

/** RFC 9810 section 5.1.1.2: what is not confirmed by then counts as refused. */
function isLate({ issuedAt }: LabCertificate, seconds: number | undefined, now: Date): boolean {
  return seconds !== undefined && now.getTime() > issuedAt.getTime() + seconds * 1000;
}

/** RFC 9810 section 5.3.18: the hash of the certificate's own signature, or the one hashAlg names. */
function hashFits(
  der: Uint8Array,
  { certHash: given, hashAlg }: CertConfirmContent[number],
  pvno: number,
): true | Refusal {
  let expected: Uint8Array;
  if (hashAlg) {
    if (pvno < 3) return refusal('badRequest', 'hashAlg needs pvno 3');
    const name = findDigest(hashAlg);
    if (name === undefined) return refusal('badAlg', 'hashAlg is not supported');
    expected = digest(name, der);
  } else {
    const { signatureAlgorithm } = decodeCertificate(der);
    expected = certHash(der, signatureAlgorithm).hash;
    // OpenSSL takes SHAKE256 at its usual 32 octets, where RFC 9481 section 3.3 has 64.
    if (signatureAlgorithm.algorithm === oids.ed448 && given.length === 32) {
      expected = expected.subarray(0, 32);
    }
  }
  if (bytesEqual(expected, given)) return true;
  return refusal('badCertId', 'certHash is not that of the certificate issued here');
}
