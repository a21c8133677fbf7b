import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import { certRequest, wantedAgain } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { currentCertificate, sameAuthority } from './enroll.ts';
import { finishDelivery } from './interrupted-delivery.ts';
import { keyOf } from './key-choice.ts';
import { moveOf } from './move-certificate.ts';
import { nextKey, repeatedRenewalKey, type RenewalKey } from './next-key.ts';
import { openRequest } from './open-request.ts';
import { renewMoved } from './renew-moved.ts';
import type { EnrollmentResult } from './result.ts';
import { findUnfinished } from './unfinished.ts';
import { storedCertificate } from './stored-certificate.ts';
import { assertManaged } from './tracked.ts';

/** A renewal. */
export interface UpdateRequest extends RenewalKey {
  readonly current: Label;
  /** Label of the CA profile; where the certificate was moved to, or came from, when absent. */
  readonly ca?: Label;
  readonly url?: string;
  /** Try it although the old certificate has expired: outside of RFC 9810 section 5.3.5, for gateways that document it. */
  readonly afterExpiry?: boolean;
  readonly waitSeconds: number;
}

/**
 * Renew a certificate: `cmp update`, a kur (RFC 9810 section 5.3.5), signed with the old one. It names
 * what the old one names and asks for nothing else (RFC 9483 section 4.1.3). After `cert move` it goes to the other
 * CA, see `renewMoved`.
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
  const move = await moveOf(store, request.current);
  // Who names another CA than it was moved to means that one.
  if (move && (request.ca ?? move.ca) === move.ca) return renewMoved(context, request, move);
  const current = await currentCertificate(store, request.current);
  assertManaged(current, 'sign a request with');
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
    key: repeatedRenewalKey(request, old),
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

  const { key, requested } = await keyOf(context, await nextKey(context, current, request));
  const record = await openRequest(context, {
    name,
    profile,
    url,
    ...(key && { key }),
    build: certRequest('kur', wanted, requested, profile, old),
    // P11, B10: signed with the certificate that is updated.
    credential: { type: 'signature', certificateId: current.id },
    previous: current,
  });
  return carryThrough(context, record, { waitSeconds });
}
