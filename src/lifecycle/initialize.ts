import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import { certRequest, type Wanted } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { keyOf, repeatedKey, type KeyChoice } from './key-choice.ts';
import { followTemplate } from './request-template.ts';
import { finishDelivery } from './interrupted-delivery.ts';
import { leftToAgent, type Leavable } from './left-to-agent.ts';
import { openRequest } from './open-request.ts';
import type { EnrollmentResult } from './result.ts';
import { initialCredential, type InitialCredential } from './initial-credential.ts';
import { findUnfinished } from './unfinished.ts';

/** A first certificate, as an operator asks for it. */
export interface InitializeRequest extends Leavable {
  readonly wanted: Wanted;
  readonly key: KeyChoice;
  /** Label of the CA profile; the only one when absent. */
  readonly ca?: Label;
  /** In place of the profile's. */
  readonly url?: string;
  readonly credential: InitialCredential;
  readonly waitSeconds: number;
}

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
    leftToAgent(held, request, (left) => initializeAlone(left, request)),
  );
}

async function initializeAlone(
  context: LifecycleContext,
  request: InitializeRequest,
): Promise<EnrollmentResult> {
  const { store } = context;
  const { name, waitSeconds } = request;
  const profile = await findProfile(store, request.ca);
  const { wanted, key: choice } = await followTemplate(
    context,
    profile,
    request.wanted,
    request.key,
  );

  const repeated = {
    operation: 'ir',
    name,
    wanted,
    ca: profile.label,
    url: request.url,
    key: repeatedKey(choice),
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
  const { key, requested } = await keyOf(context, choice);
  const record = await openRequest(context, {
    name,
    profile,
    url: request.url,
    ...(key && { key }),
    credential,
    wanted,
    build: certRequest('ir', wanted, requested, profile),
  });
  return carryThrough(context, record, { waitSeconds });
}
