import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { GeneratedKey, KeyType } from '../crypto/keys.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Credential } from '../store/store.ts';
import { parseName } from '../x509/name-text.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import { certRequest, type Wanted } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { finishDelivery } from './interrupted-delivery.ts';
import { openRequest } from './open-request.ts';
import type { RepeatedKey } from './repeated.ts';
import type { EnrollmentResult } from './result.ts';
import { findUnfinished } from './unfinished.ts';

/** A first certificate, as an operator asks for it. */
export interface InitializeRequest {
  readonly name: Label;
  readonly wanted: Wanted;
  readonly key: KeyChoice;
  /** Label of the CA profile; the only one when absent. */
  readonly ca?: Label;
  /** In place of the profile's. */
  readonly url?: string;
  readonly credential: InitialCredential;
  readonly waitSeconds: number;
}

/** A key to be made, or one the operator brings. */
export type KeyChoice =
  | { readonly type: 'generate'; readonly keyType: KeyType }
  | { readonly type: 'given'; readonly key: GeneratedKey };

/** What the first request is protected with; what is absent comes from the CA profile. */
export type InitialCredential =
  | { readonly type: 'mac'; readonly reference?: string; readonly secret?: Uint8Array }
  | { readonly type: 'signature'; readonly signer: Label };

/**
 * Make a key and get its first certificate: `cmp initialize`, an ir (RFC 9810 section 5.3.1).
 *
 * A request of the same kind that was interrupted is carried on with instead; nothing is asked for twice.
 *
 * @throws {CertError} CERT_EXISTS, TRANSACTION_OUTSTANDING, CA_UNKNOWN, SECRET_UNAVAILABLE, CERT_INVALID,
 *   and what `carryThrough` throws
 */
export async function initialize(
  context: LifecycleContext,
  request: InitializeRequest,
): Promise<EnrollmentResult> {
  return alone(context, request.name, request.waitSeconds, (held) =>
    initializeAlone(held, request),
  );
}

async function initializeAlone(
  context: LifecycleContext,
  request: InitializeRequest,
): Promise<EnrollmentResult> {
  const { store } = context;
  const { name, wanted, waitSeconds } = request;
  const profile = await findProfile(store, request.ca);

  const repeated = {
    operation: 'ir',
    name,
    wanted,
    ca: profile.label,
    url: request.url,
    key: repeatedKey(request.key),
  } as const;
  const unfinished = await findUnfinished(context, repeated);
  if (unfinished) return carryThrough(context, unfinished, { waitSeconds, isResumed: true });
  const finished = await finishDelivery(context, repeated);
  if (finished) return finished;
  if (await store.certificates.current(name)) {
    throw new CertError('CERT_EXISTS', `Cannot initialize "${name}": there is such a certificate`, {
      hint: `Renew it with "certkeeper cmp update current-cert ${name}", or choose another cert-name`,
    });
  }

  const credential = await initialCredential(context, profile, request.credential);
  const key = await keyOf(context, request.key);
  const record = await openRequest(context, {
    name,
    profile,
    url: request.url,
    key,
    credential,
    build: certRequest('ir', withIssuer(wanted, profile), key.key, profile),
  });
  return carryThrough(context, record, { waitSeconds });
}

/** Say of which key a repeated command must be. */
export function repeatedKey(choice: KeyChoice): RepeatedKey {
  return choice.type === 'given' ? { type: 'given', spki: choice.key.key.spki } : choice;
}

/** Make the key a request is for, or take the one that was brought. */
export async function keyOf(context: LifecycleContext, choice: KeyChoice): Promise<GeneratedKey> {
  return choice.type === 'given' ? choice.key : (await context.keys()).generate(choice.keyType);
}

/** Add the issuer the CA profile names, if it names one. */
export function withIssuer(wanted: Wanted, { issuer }: CaProfile): Wanted {
  return issuer === undefined ? wanted : { ...wanted, issuer: parseName(issuer) };
}

async function initialCredential(
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
