import type { CertificateRecord } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { LifecycleContext } from './context.ts';
import { crlsAhead } from './ipsec-ahead.ts';
import type { TrustedPeer } from './ipsec-trust.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Fetch the CRLs that charon will need to judge peers, and that are not held. What cannot be had in the time that the policy
 * has for a peer is said, and keeps nothing from being deployed: whoever has it may be the peer.
 *
 * @throws {CertError} STORE_…
 */
export async function fetchAhead(
  { store, clock, log, peerValidation, signal = never }: LifecycleContext,
  record: CertificateRecord,
  peers: readonly TrustedPeer[],
): Promise<void> {
  if (peers.length === 0 || peerValidation === undefined) return;
  const ahead = crlsAhead({ store, clock, validation: await peerValidation() });
  const own = certificatesOf(record);
  const { missing } = await ahead.fetch(peers, () => own, signal);
  for (const each of missing) log.warn(each);
}

/** Read a certificate of ours and what is above it: where both sides have the same CA, it names what the peer's will name. */
export function certificatesOf({
  name,
  der,
  chain,
}: Pick<CertificateRecord, 'name' | 'der' | 'chain'>): readonly Certificate[] {
  return [der, ...chain].map((each) => storedCertificate(each, `"${name}"`));
}

const never = new AbortController().signal;
