import { bytesEqual, toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { formatName, quoteName } from '../x509/name-text.ts';
import type { LifecycleContext } from './context.ts';

/**
 * Keep an anchor that came with a certificate which is ours now: without it the next renewal would not be believed. Only
 * a profile with `trust-capubs`, or one whose first anchor it is, lets one come that far (C6, C7).
 *
 * @returns `added` when the profile did not have it; `refused`, why the certificate cannot be taken after all: what it
 *   was believed on is over
 */
export async function keepAnchor(
  { store, log }: LifecycleContext,
  profile: CaProfile,
  anchor: Certificate,
): Promise<'added' | 'known' | { readonly refused: string }> {
  const der = certificateDer(anchor);
  const became = await store.authorities.addRoot(profile.label, der);
  // C7: another answer has brought another root since.
  if (profile.trustFirstUse && became === 'untrusted') {
    return { refused: anotherRoot(anchor, profile.label) };
  }
  if (became !== 'added') return 'known';
  const by = profile.trustFirstUse
    ? 'the first answer, which nothing else vouches for (trust-first-use)'
    : 'its answer under the shared secret';
  log.warn(
    `CA "${profile.label}" has a new trust anchor, brought by ${by}: ` +
      `${formatName(anchor.tbsCertificate.subject)}, SHA-256 ${toHex(digest('sha256', der))}`,
  );
  return 'added';
}

/**
 * Refuse what was believed on first use once that is over, before the CA is told that we take it.
 *
 * @throws {CertError} CMP_SIGNER_UNTRUSTED
 */
export async function assertStillFirst(
  { store }: LifecycleContext,
  { label, trustFirstUse }: CaProfile,
  anchor: Certificate,
): Promise<void> {
  if (!trustFirstUse) return;
  const { roots = [] } = (await store.authorities.get(label)) ?? {};
  const der = certificateDer(anchor);
  if (roots.length === 0 || roots.some((root) => bytesEqual(root, der))) return;
  throw new CertError(
    'CMP_SIGNER_UNTRUSTED',
    `Cannot take the certificate: ${anotherRoot(anchor, label)}`,
    { hint: `See "certkeeper ca show ${label}", then try again if that root is right` },
  );
}

function anotherRoot({ tbsCertificate: { subject } }: Certificate, label: string): string {
  return `it is below ${quoteName(subject)}, and another answer has brought another root for CA "${label}" meanwhile`;
}
