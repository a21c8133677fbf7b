import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Credential } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';

/** What the first request is protected with; what is absent comes from the CA profile. */
export type InitialCredential =
  | { readonly type: 'mac'; readonly reference?: string; readonly secret?: Uint8Array }
  | { readonly type: 'signature'; readonly signer: Label };

/**
 * Find what a request is protected with that does not come from a certificate of its own.
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID, SECRET_UNAVAILABLE
 */
export async function initialCredential(
  { store, clock }: LifecycleContext,
  profile: CaProfile,
  given: InitialCredential,
): Promise<Credential> {
  if (given.type === 'signature') {
    const signer = await store.certificates.current(given.signer);
    if (!signer) {
      throw new CertError(
        'CERT_UNKNOWN',
        `Cannot sign with "${given.signer}": no such certificate`,
        { hint: 'See "certkeeper show cert" for the certificates there are' },
      );
    }
    assertCanSign(signer, clock.now());
    return { type: 'signature', certificateId: signer.id };
  }
  const reference = given.reference ?? profile.reference;
  const secret = given.secret ?? (await store.authorities.secret(profile.label));
  if (reference !== undefined && secret !== undefined) return { type: 'mac', reference, secret };
  throw new CertError(
    'SECRET_UNAVAILABLE',
    `Cannot protect a request to "${profile.label}": no ${secret === undefined ? 'shared secret' : 'reference value'} is known`,
    { hint: 'Give "ca-psk REFERENCE:file:PATH", or reference and secret with "ca add"' },
  );
}
