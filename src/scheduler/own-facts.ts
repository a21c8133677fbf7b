import type { CertificateRecord, Store } from '../store/store.ts';
import type { CertificateFacts } from '../traps/alarms/certificate-facts.ts';
import { certificateColumns } from './notified-certificate.ts';

/** Tell what OCSP and CRLs of the policies that name a certificate say of it: of the one in use, and no other. */
export async function ownFacts(
  { ownRevocations }: Pick<Store, 'ownRevocations'>,
  record: CertificateRecord | undefined,
): Promise<Pick<CertificateFacts, 'revoked'>> {
  if (record?.status !== 'current') return {};
  const own = await ownRevocations.get(record.name);
  if (own?.word?.status !== 'revoked') return {};
  if (own.fingerprint !== certificateColumns(record.der).fingerprint) return {};
  const { reason = 'unspecified', revokedAt: at, above } = own.word;
  const text = above === undefined ? undefined : `it is CA "${above}" above it that is`;
  return { revoked: { reason, ...(at && { at }), ...(text !== undefined && { text }) } };
}
