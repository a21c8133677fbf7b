import { toHex } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { formatName, quoteName } from '../x509/name-text.ts';
import type { LifecycleContext } from './context.ts';

/**
 * Keep an anchor that came with a certificate which is ours now: without it the next renewal would not be believed. Only
 * a profile with `trust-capubs`, or one whose first anchor it is, lets one come that far (C6, C7).
 *
 * @returns why the certificate cannot be taken after all: what it was believed on is over
 */
export async function keepAnchor(
  { store, log }: LifecycleContext,
  profile: CaProfile,
  anchor: Certificate,
): Promise<string | undefined> {
  const der = certificateDer(anchor);
  const became = await store.authorities.addRoot(profile.label, der);
  // C7: another answer has brought another root since.
  if (profile.trustFirstUse && became === 'untrusted') {
    return (
      `it is below ${quoteName(anchor.tbsCertificate.subject)}, and another answer has brought another root ` +
      `for CA "${profile.label}" meanwhile`
    );
  }
  if (became !== 'added') return undefined;
  const by = profile.trustFirstUse
    ? 'the first answer, which nothing else vouches for (trust-first-use)'
    : 'its answer under the shared secret';
  log.warn(
    `CA "${profile.label}" has a new trust anchor, brought by ${by}: ` +
      `${formatName(anchor.tbsCertificate.subject)}, SHA-256 ${toHex(digest('sha256', der))}`,
  );
  return undefined;
}
