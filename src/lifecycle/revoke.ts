import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { RequestBody } from '../cmp/transaction/request.ts';
import { askedIn } from '../cmp/transaction/request.ts';
import { decodeState } from '../cmp/transaction/state.ts';
import type { CertificateRecord, Store, TransactionRecord } from '../store/store.ts';
import type { CRLReason } from '../x509/crl-reason.ts';
import { extension } from '../x509/extension-values.ts';
import { sameName, type Name } from '../x509/name.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { currentCertificate, sameAuthority } from './enroll.ts';
import { openRequest } from './open-request.ts';
import type { EnrollmentResult } from './result.ts';
import { storedCertificate } from './stored-certificate.ts';
import { assertManaged } from './tracked.ts';

/** A certificate as its issuer knows it. */
export interface IssuerAndSerial {
  readonly issuer: Name;
  readonly serialNumber: bigint;
}

/** A revocation. */
export interface RevokeRequest {
  /** Signs the request; and is revoked, unless another certificate is named. */
  readonly current: Label;
  /** Another certificate: only an RA may ask for that. */
  readonly other?: IssuerAndSerial;
  readonly reason: CRLReason;
  /** Label of the CA profile; that of the certificate when absent. */
  readonly ca?: Label;
  readonly url?: string;
  readonly waitSeconds: number;
}

/**
 * Have a certificate revoked: `cmp revoke`, an rr (RFC 9810 section 5.3.9), signed with the certificate itself
 * (B13; RFC 9483 section 4.2). A revocation of the same certificate that was interrupted is carried on with.
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID, TRANSACTION_OUTSTANDING, CA_UNKNOWN, and what
 *   `carryThrough` throws
 */
export async function revoke(
  context: LifecycleContext,
  request: RevokeRequest,
): Promise<EnrollmentResult> {
  return alone(context, request.current, request.waitSeconds, (held) => revokeAlone(held, request));
}

async function revokeAlone(
  context: LifecycleContext,
  request: RevokeRequest,
): Promise<EnrollmentResult> {
  const { store, clock } = context;
  const { waitSeconds, reason } = request;
  const current = await currentCertificate(store, request.current);
  assertManaged(current, 'sign a request with');
  const profile = await findProfile(store, request.ca ?? current.ca);
  const revoked = request.other ? await findStored(store, request.other) : current;
  // The issuer as it stands in the certificate, where that is here: some CAs compare octets.
  const named = revoked ? issuerAndSerial(revoked) : (request.other ?? issuerAndSerial(current));

  const unfinished = await findUnfinishedRevocation(store, request.current, named);
  if (unfinished) return carryThrough(context, unfinished, { waitSeconds, isResumed: true });
  assertCanSign(current, clock.now());

  const body = revocationRequest(named, reason);
  const record = await openRequest(context, {
    name: current.name,
    profile,
    url: request.url ?? sameAuthority(current, profile.label),
    // P11: signed, never under a MAC.
    credential: { type: 'signature', certificateId: current.id },
    build: () => Promise.resolve(body),
    ...(revoked && { previous: revoked }),
  });
  return carryThrough(context, record, { waitSeconds });
}

/** B13: one RevDetails with issuer, serialNumber and one reasonCode, 0 when nobody knows. */
function revocationRequest(
  { issuer, serialNumber }: IssuerAndSerial,
  reason: CRLReason,
): RequestBody {
  // B13: one reason, 0 when nobody knows.
  const crlEntryDetails = [extension('reasonCode', reason)];
  return { type: 'rr', value: [{ certDetails: { serialNumber, issuer }, crlEntryDetails }] };
}

async function findUnfinishedRevocation(
  store: Store,
  name: Label,
  { issuer, serialNumber }: IssuerAndSerial,
): Promise<TransactionRecord | undefined> {
  const [record] = await store.transactions.outstanding(name);
  if (!record) return undefined;
  const asked = askedIn(decodeState(record.state).request);
  const isSame =
    record.operation === 'rr' &&
    asked.serialNumber === serialNumber &&
    asked.issuer !== undefined &&
    sameName(asked.issuer, issuer);
  if (isSame) return record;
  throw new CertError(
    'TRANSACTION_OUTSTANDING',
    `Cannot revoke with "${name}": its ${record.operation} is outstanding`,
    {
      hint: `Follow it with "certkeeper cmp poll current-cert ${name}", or drop it with "certkeeper clear cmp cert-name ${name}"`,
    },
  );
}

function issuerAndSerial({ der, name }: CertificateRecord): IssuerAndSerial {
  const { issuer, serialNumber } = storedCertificate(der, `"${name}"`).tbsCertificate;
  return { issuer, serialNumber };
}

async function findStored(
  store: Store,
  { issuer, serialNumber }: IssuerAndSerial,
): Promise<CertificateRecord | undefined> {
  const all = await store.certificates.list({ all: true });
  return all.find((record) => {
    const stored = issuerAndSerial(record);
    return stored.serialNumber === serialNumber && sameName(stored.issuer, issuer);
  });
}
