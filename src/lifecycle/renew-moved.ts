import type { Label } from '../base/label.ts';
import type { CertificateRecord } from '../store/store.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import { certRequest, wantedAgain } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { currentCertificate } from './enroll.ts';
import { initialCredential } from './initial-credential.ts';
import { keyOf } from './key-choice.ts';
import type { Move } from './move-certificate.ts';
import { nextKey, repeatedRenewalKey, type RenewalKey } from './next-key.ts';
import { openRequest } from './open-request.ts';
import { followTemplate } from './request-template.ts';
import type { EnrollmentResult } from './result.ts';
import { storedCertificate } from './stored-certificate.ts';
import { findUnfinished } from './unfinished.ts';

/** What the command of a renewal says. */
export interface MovedRenewal extends RenewalKey {
  readonly current: Label;
  readonly url?: string;
  readonly waitSeconds: number;
}

/**
 * Renew a certificate with a CA that did not issue it, after `cert move`: it is asked for what the old one names, by an
 * ir under its secret or a cr signed with the old one (RFC 9810 sections 5.3.1 and 5.3.3), and what it grants takes
 * the place of the old one under the same name.
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID, TRANSACTION_OUTSTANDING, CA_UNKNOWN, SECRET_UNAVAILABLE, and what
 *   `carryThrough` throws
 */
export async function renewMoved(
  context: LifecycleContext,
  request: MovedRenewal,
  { by, ca }: Move,
): Promise<EnrollmentResult> {
  const { store, clock } = context;
  const { current: name, url, waitSeconds } = request;
  const former = await formerCertificate(context, request, by);
  const profile = await findProfile(store, ca);
  const old = storedCertificate(former.der, `"${name}"`);
  const again = wantedAgain(old, profile.updateExtensions);
  const chosen = await nextKey(context, former, request);
  const { wanted, key: choice } = await followTemplate(context, profile, again, chosen);
  const key = repeatedRenewalKey(request, old);
  const repeated = { operation: by, name, wanted, ca, url, key };
  const unfinished = await findUnfinished(context, repeated);
  if (unfinished) return carryThrough(context, unfinished, { waitSeconds, isResumed: true });

  if (by === 'cr') assertCanSign(former, clock.now());
  const credential =
    by === 'ir'
      ? await initialCredential(context, profile, { type: 'mac' })
      : ({ type: 'signature', certificateId: former.id } as const);
  const { key: made, requested } = await keyOf(context, choice);
  const record = await openRequest(context, {
    name,
    profile,
    url,
    ...(made && { key: made }),
    credential,
    wanted,
    build: certRequest(by, wanted, requested, profile),
    previous: former,
  });
  return carryThrough(context, record, { waitSeconds });
}

/** Under a secret, one that was revoked can be replaced too. */
async function formerCertificate(
  { store }: LifecycleContext,
  { current }: MovedRenewal,
  by: Move['by'],
): Promise<CertificateRecord> {
  const latest = by === 'ir' ? await store.certificates.latest(current) : undefined;
  return latest ?? currentCertificate(store, current);
}
