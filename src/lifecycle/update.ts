import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import type { KeyType, SigningKey } from '../crypto/keys.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import { certRequest, wantedAgain } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { currentCertificate, sameAuthority } from './enroll.ts';
import { openStoredKey, type HeldKey } from './held-key.ts';
import { finishDelivery } from './interrupted-delivery.ts';
import { makeKey } from './key-choice.ts';
import { openRequest } from './open-request.ts';
import type { RepeatedKey } from './repeated.ts';
import type { EnrollmentResult } from './result.ts';
import { certStoreKey } from './setting-keys.ts';
import { findUnfinished } from './unfinished.ts';
import { storedCertificate } from './stored-certificate.ts';

/** A renewal. */
export interface UpdateRequest {
  readonly current: Label;
  /** A new key of this type, the old key again, or (absent) as the setting says: a new one like the old. */
  readonly key?:
    | { readonly type: 'generate'; readonly keyType: KeyType }
    | { readonly type: 'reuse' };
  /** PKCS #11 URI of a token to make the new key in; where the old key is when absent. */
  readonly token?: string;
  /** Label of the CA profile; that of the certificate when absent. */
  readonly ca?: Label;
  readonly url?: string;
  /** Try it although the old certificate has expired: outside of RFC 9810 section 5.3.5, for gateways that document it. */
  readonly afterExpiry?: boolean;
  readonly waitSeconds: number;
}

/**
 * Renew a certificate: `cmp update`, a kur (RFC 9810 section 5.3.5), signed with the old one. It names
 * what the old one names and asks for nothing else (RFC 9483 section 4.1.3).
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID, TRANSACTION_OUTSTANDING, CA_UNKNOWN, and what
 *   `carryThrough` throws
 */
export async function update(
  context: LifecycleContext,
  request: UpdateRequest,
): Promise<EnrollmentResult> {
  return alone(context, request.current, request.waitSeconds, (held) => updateAlone(held, request));
}

async function updateAlone(
  context: LifecycleContext,
  request: UpdateRequest,
): Promise<EnrollmentResult> {
  const { store, clock, log } = context;
  const { waitSeconds } = request;
  const current = await currentCertificate(store, request.current);
  const profile = await findProfile(store, request.ca ?? current.ca);
  const { name } = current;
  const old = storedCertificate(current.der, `"${name}"`);
  const wanted = wantedAgain(old, profile.updateExtensions);

  const url = request.url ?? sameAuthority(current, profile.label);
  const repeated = {
    operation: 'kur',
    name,
    wanted,
    ca: profile.label,
    url,
    key: repeatedKey(request, old),
  } as const;
  const unfinished = await findUnfinished(context, repeated);
  if (unfinished) return carryThrough(context, unfinished, { waitSeconds, isResumed: true });
  const finished = await finishDelivery(context, repeated);
  if (finished) return finished;
  const { notAfter } = old.tbsCertificate.validity;
  const isExpired = clock.now() > notAfter.value;
  if (isExpired && request.afterExpiry === true) {
    log.warn(
      `"${name}" expired on ${formatTime(notAfter.value)}: an update after expiry is outside of RFC 9810, ` +
        'and most CAs refuse it',
    );
  }
  // B10: neither expired nor revoked, unless an operator insists.
  assertCanSign(current, isExpired && request.afterExpiry === true ? notAfter.value : clock.now());

  const key = await nextKey(context, current, request);
  const record = await openRequest(context, {
    name,
    profile,
    url,
    key,
    build: certRequest('kur', wanted, key.key, profile, old),
    // P11, B10: signed with the certificate that is updated.
    credential: { type: 'signature', certificateId: current.id },
    previous: current,
  });
  return carryThrough(context, record, { waitSeconds });
}

function repeatedKey(
  { key }: UpdateRequest,
  { tbsCertificate }: Certificate,
): RepeatedKey | undefined {
  if (key?.type !== 'reuse') return key;
  return { type: 'given', spki: toDer(SubjectPublicKeyInfo, tbsCertificate.subjectPublicKeyInfo) };
}

async function nextKey(
  context: LifecycleContext,
  // `assertCanSign` has seen to it that there is a key.
  { keyId: id = 0 }: CertificateRecord,
  { key, token }: UpdateRequest,
): Promise<{ readonly id: number; readonly key: SigningKey } | HeldKey> {
  const { store, log } = context;
  // What is in a token stays in that token.
  const { tokenUri } = await store.keys.publicKey(id);
  const place = token ?? tokenUri;
  if (token !== undefined && tokenUri === undefined) {
    log.warn(
      'the new key is in a token and has no file: a key file of the old one stays, for you to remove',
    );
  }
  if (key?.type === 'generate') return makeKey(context, key.keyType, place);
  const old = { id, key: await openStoredKey(context, id) };
  const isReuse = key?.type === 'reuse' || (await store.settings.get(certStoreKey)) === 'reuse';
  return isReuse ? old : makeKey(context, nearestType(old.key), place);
}

/** A new key of the old one's kind; an RSA key of an odd size gets the next usual size. */
function nearestType({ keyType, spki }: SigningKey): KeyType {
  switch (keyType) {
    case 'p-256':
    case 'p-384':
    case 'p-521':
    case 'ed25519':
    case 'ed448':
      return keyType;
    default: {
      const { rsaBits = 2048 } = describeKey(spki);
      return rsaBits <= 2048 ? 'rsa-2048' : rsaBits <= 3072 ? 'rsa-3072' : 'rsa-4096';
    }
  }
}
