import type { Stapling } from '../lifecycle/staple-versions.ts';
import { isShown } from '../ocsp-staple/decide.ts';
import type { KeptStaple } from '../store/staples-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { CertificateFacts, StaleStaple } from '../traps/alarms/certificate-facts.ts';

/** From this part of its time on, a response without a newer one is told of where asking fails. */
const STALE_PART = 0.5;

/** And from this part on in any case. */
const LATE_PART = 0.8;

/** Tell what alarms make of the staples of a name: endpoints without a fresh one, and what a responder says is revoked. */
export function stapleFacts(
  stapling: Stapling | undefined,
  record: CertificateRecord | undefined,
  now: Date,
): Pick<CertificateFacts, 'stale' | 'revoked' | 'freshUntil'> {
  if (stapling === undefined) return {};
  const current = stapling.versions.find((version) => version.record.id === record?.id);
  const stale = stapling.endpoints.flatMap(({ record: endpoint, version }): StaleStaple[] => {
    const { label, failures, nextAt, seen } = endpoint;
    // A new certificate waits to be served together with its staple.
    const waits = current !== undefined && version !== current && isWanting(current.kept, now);
    const kept = waits ? current.kept : (version ?? current)?.kept;
    if (kept && isWanting(kept, now)) return [{ endpoint: label, ...troubleOf(kept) }];
    if (failures === 0) return [];
    const reason = seen?.isAsPublished === false ? 'not-served' : 'not-published';
    return [
      {
        endpoint: label,
        reason,
        attempts: failures,
        ...(nextAt && { nextAttempt: nextAt }),
        ...deadlineOf(kept),
      },
    ];
  });
  const revoked = current?.kept?.revoked;
  const freshUntil = current?.kept?.held?.nextUpdate;
  return {
    ...(stale.length > 0 && { stale }),
    ...(revoked && { revoked: { reason: revoked.reason, at: revoked.at } }),
    ...(freshUntil && { freshUntil }),
  };
}

/** Of one that is revoked more is said by another alarm. */
function isWanting(kept: KeptStaple | undefined, now: Date): boolean {
  if (kept === undefined || kept.revoked) return false;
  const { held, failures } = kept;
  if (!isShown(held, now)) return failures > 0 || held !== undefined;
  const whole = held.until.getTime() - held.thisUpdate.getTime();
  const age = now.getTime() - held.thisUpdate.getTime();
  return age >= whole * LATE_PART || (failures > 0 && age >= whole * STALE_PART);
}

function troubleOf(kept: KeptStaple): Omit<StaleStaple, 'endpoint'> {
  return {
    reason: kept.code ?? 'not-renewed',
    attempts: kept.failures,
    nextAttempt: kept.nextAt,
    ...deadlineOf(kept),
  };
}

function deadlineOf(kept: KeptStaple | undefined): Pick<StaleStaple, 'deadline'> {
  const deadline = kept?.held?.nextUpdate;
  return deadline ? { deadline } : {};
}
