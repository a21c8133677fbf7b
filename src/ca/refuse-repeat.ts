import type { PKIBody } from '../cmp/message/pki-message.ts';
import type { Ledger } from './ledger.ts';
import type { LabCertificate, LabTransaction } from './ledger-records.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Say no to a message that came before, octet for octet, in a lab that does not answer twice. */
export async function refuseRepeat(
  { type }: PKIBody,
  transaction: LabTransaction | undefined,
  ledger: Pick<Ledger, 'certificate'>,
): Promise<Refusal> {
  const id = transaction?.certificateId;
  const certificate = id === undefined ? undefined : await ledger.certificate(id);
  if (type === 'certConf' && certificate) return refuseConfirmation(certificate);
  return refusal('transactionIdInUse', 'This message came before');
}

/**
 * Say no to a certConf that comes too late. That the certificate is confirmed is said of no other: a client
 * takes it for the pkiconf it missed.
 */
export function refuseConfirmation({ status, serial }: LabCertificate): Refusal {
  switch (status) {
    case 'current':
    case 'superseded':
      return refusal('certConfirmed', `The certificate ${serial} was confirmed before`);
    case 'revoked':
      return refusal('certRevoked', `The certificate ${serial} is revoked`);
    case 'rejected':
    case 'issued':
      return refusal('badRequest', `The certificate ${serial} can no longer be confirmed`);
  }
}
