import { formatTime } from '../base/format-time.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import { certRequest, type Wanted } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { keyOf, repeatedKey, type KeyChoice } from './key-choice.ts';
import { followTemplate } from './request-template.ts';
import { finishDelivery } from './interrupted-delivery.ts';
import { leftToAgent, type Leavable } from './left-to-agent.ts';
import { openRequest } from './open-request.ts';
import type { EnrollmentResult } from './result.ts';
import { assertManaged } from './tracked.ts';
import { findUnfinished } from './unfinished.ts';

/** A further certificate, asked for with one we have. */
export interface EnrollRequest extends Leavable {
  readonly current: Label;
  readonly wanted: Wanted;
  readonly key: KeyChoice;
  /** Label of the CA profile; that of the current certificate when absent. */
  readonly ca?: Label;
  readonly url?: string;
  readonly waitSeconds: number;
}

/**
 * Get a further certificate, signing with one we have: `cmp enroll`, a cr (RFC 9810 section 5.3.3).
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_EXISTS, CERT_INVALID, TRANSACTION_OUTSTANDING, CA_UNKNOWN, and
 *   what `carryThrough` throws
 */
export async function enroll(
  context: LifecycleContext,
  request: EnrollRequest,
): Promise<EnrollmentResult> {
  return alone(context, request.name, request.waitSeconds, (held) =>
    leftToAgent(held, request, (left) => enrollAlone(left, request)),
  );
}

async function enrollAlone(
  context: LifecycleContext,
  request: EnrollRequest,
): Promise<EnrollmentResult> {
  const { store, clock } = context;
  const { name, waitSeconds } = request;
  const current = await currentCertificate(store, request.current);
  assertManaged(current, 'sign a request with');
  const profile = await findProfile(store, request.ca ?? current.ca);
  const { wanted, key: choice } = await followTemplate(
    context,
    profile,
    request.wanted,
    request.key,
  );

  const url = request.url ?? sameAuthority(current, profile.label);
  const key = repeatedKey(choice);
  const repeated = { operation: 'cr', name, wanted, ca: profile.label, url, key } as const;
  const unfinished = await findUnfinished(context, repeated);
  if (unfinished) return carryThrough(context, unfinished, { waitSeconds, isResumed: true });
  const finished = await finishDelivery(context, repeated);
  if (finished) return finished;
  if (await store.certificates.current(name)) {
    throw new CertError('CERT_EXISTS', `Cannot enroll "${name}": there is such a certificate`, {
      hint: `Renew it with "certkeeper cmp update current-cert ${name}", or choose another cert-name`,
    });
  }
  assertCanSign(current, clock.now());

  const { key: made, requested } = await keyOf(context, choice);
  const record = await openRequest(context, {
    name,
    profile,
    url,
    ...(made && { key: made }),
    credential: { type: 'signature', certificateId: current.id },
    wanted,
    build: certRequest('cr', wanted, requested, profile),
    previous: current,
  });
  return carryThrough(context, record, { waitSeconds });
}

/** Find the certificate a request starts from. @throws {CertError} CERT_UNKNOWN, CERT_INVALID when it is revoked */
export async function currentCertificate(store: Store, name: Label): Promise<CertificateRecord> {
  const found = await store.certificates.current(name);
  if (found) return found;
  const revoked = await store.certificates.latest(name);
  // P10, B10: nobody takes a signature by a revoked certificate.
  if (revoked?.revokedAt) {
    const why = revoked.revocationReason === undefined ? '' : ` (${revoked.revocationReason})`;
    throw new CertError(
      'CERT_INVALID',
      `Cannot use certificate "${name}": it was revoked at ${formatTime(revoked.revokedAt)}${why}`,
      { hint: `Get a new one with "certkeeper cmp initialize cert-name ${name}"` },
    );
  }
  const known = (await store.certificates.names()).map((each) => `"${each}"`);
  throw new CertError('CERT_UNKNOWN', `Cannot find certificate "${name}"`, {
    hint:
      known.length === 0
        ? 'There is none yet; get the first with "certkeeper cmp initialize"'
        : `Known are ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`,
  });
}

/** The address a certificate was given of its own, if the request goes to the same CA. */
export function sameAuthority(current: CertificateRecord, label: Label): string | undefined {
  return current.ca === label ? current.url : undefined;
}
