import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { Certificate } from '../x509/certificate.ts';
import {
  entryAt,
  reasonOf,
  serialOctets,
  type RevokedCertificate,
} from '../x509/certificate-list.ts';
import type { CRLReason } from '../x509/crl-reason.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { sameName, type Name } from '../x509/name.ts';
import { findSlot, issuerChangeBefore, offsetAt } from './crl-index.ts';
import { isNewer, scopeOctets, type Crl } from './crl.ts';
import { unavailable, type RevocationVerdict } from './verdict.ts';

/** When a CRL is looked at. */
export interface CrlTime {
  readonly at: Date;
  /** How far the clocks may be apart, for thisUpdate in the future and nextUpdate in the past. */
  readonly clockSkewSeconds: number;
}

/** An entry about a certificate. */
export interface Listed {
  readonly revocationDate: Date;
  readonly reason: CRLReason;
}

/**
 * Entries with one serial number that are looked at in an indirect CRL, each of another issuer. One for each CA of a
 * PKI at the most; the limit keeps a lookup short.
 */
const MAX_SAME_SERIAL = 1000;

/**
 * Look a certificate up in a CRL, by serial number and issuer: in an indirect CRL an entry's issuer is that of the entry
 * before unless it says another, and of the first one that of the CRL (RFC 5280 section 5.3.3).
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function lookUp(
  { index, issuer: ofCrl, scope }: Crl,
  certificate: Certificate,
): Listed | undefined {
  const { serialNumber, issuer } = certificate.tbsCertificate;
  const serial = serialOctets(serialNumber);
  let looks = 0;
  for (let slot = findSlot(index, serial); slot !== -1; slot = findSlot(index, serial, slot)) {
    const offset = offsetAt(index, slot);
    if (scope?.indirectCRL === true) {
      if (++looks > MAX_SAME_SERIAL) {
        throw new CertError(
          'LIMIT_EXCEEDED',
          `Cannot look up a serial number that is listed over ${MAX_SAME_SERIAL} times`,
        );
      }
      const change = issuerChangeBefore(index, offset);
      const isOurs =
        change === undefined
          ? sameName(ofCrl, issuer)
          : issuersIn(entryAt(index.octets, change)).some((name) => sameName(name, issuer));
      if (!isOurs) continue;
    }
    const entry = entryAt(index.octets, offset);
    return { revocationDate: entry.revocationDate.value, reason: reasonGiven(entry) };
  }
  return undefined;
}

/**
 * Say what a complete CRL and the deltas of its row tell of a certificate that they cover. All of them are verified;
 * RFC 5280 sections 5.2.4 and 6.3.3 (c), (d), (h) to (j).
 */
export function outcomeOf(
  complete: Crl,
  deltas: readonly Crl[],
  certificate: Certificate,
  time: CrlTime,
): RevocationVerdict {
  const future = notYetValid(complete, time);
  if (future) return future;
  const delta = newestDelta(complete, deltas, time);
  // With its changes a complete CRL is as new as these.
  const period = periodOf(delta ?? complete);
  const isExpired = hasExpired(delta ?? complete, time);
  try {
    const before = lookUp(complete, certificate);
    const change = delta && lookUp(delta, certificate);
    const listed = change ? merged(before, change) : before;
    if (listed && (!isExpired || listed.reason !== 'certificateHold')) {
      // A revocation does not lapse; a hold may have been lifted since.
      return { type: 'revoked', ...listed, ...period };
    }
    const beside = revokedBeside(complete, deltas, certificate, time, delta);
    if (beside) return beside;
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return unavailable('malformed', error.message);
  }
  if (complete.unprocessed !== undefined) {
    return unavailable('unsupported-critical-extension', complete.unprocessed);
  }
  if (!period.nextUpdate) return unavailable('no-next-update', 'the CRL has no nextUpdate');
  if (isExpired) {
    return unavailable('expired', `the CRL was to be replaced by ${formatTime(period.nextUpdate)}`);
  }
  return { type: 'good', ...period };
}

/** removeFromCRL lifts a hold, and nothing else: no other revocation is undone. */
function merged(before: Listed | undefined, change: Listed): Listed | undefined {
  if (change.reason !== 'removeFromCRL') return change;
  return before?.reason === 'certificateHold' ? undefined : before;
}

/**
 * Look into the deltas that are passed over, since they have expired or are not understood: they give no good, and what
 * they list is revoked all the same. A hold may have been lifted by what is newer, or since they expired.
 */
function revokedBeside(
  complete: Crl,
  deltas: readonly Crl[],
  certificate: Certificate,
  time: CrlTime,
  used: Crl | undefined,
): RevocationVerdict | undefined {
  for (const delta of deltas) {
    if (!fits(complete, delta) || isUsable(delta, time) || notYetValid(delta, time)) continue;
    const listed = lookUp(delta, certificate);
    if (!listed || listed.reason === 'removeFromCRL') continue;
    const mayBeLifted = hasExpired(delta, time) || (used !== undefined && isNewer(used, delta));
    if (listed.reason === 'certificateHold' && mayBeLifted) continue;
    return { type: 'revoked', ...listed, ...periodOf(delta) };
  }
  return undefined;
}

/**
 * Choose the newest delta that may be combined with a complete CRL: of the same part, building on this one or on an
 * earlier one, and ahead of it. One that cannot be used is passed over: the complete CRL stands without it.
 */
function newestDelta(complete: Crl, deltas: readonly Crl[], time: CrlTime): Crl | undefined {
  let newest: Crl | undefined;
  for (const delta of deltas) {
    if (!fits(complete, delta) || !isUsable(delta, time)) continue;
    if (!newest || isNewer(delta, newest)) newest = delta;
  }
  return newest;
}

/** Whether its word counts as a whole, and not for what it lists alone. */
function isUsable(delta: Crl, time: CrlTime): boolean {
  if (notYetValid(delta, time) || hasExpired(delta, time)) return false;
  return delta.unprocessed === undefined && delta.nextUpdate !== undefined;
}

function fits(complete: Crl, { baseCrlNumber, crlNumber, list }: Crl): boolean {
  if (complete.crlNumber === undefined || baseCrlNumber === undefined || crlNumber === undefined) {
    return false;
  }
  return (
    baseCrlNumber <= complete.crlNumber &&
    complete.crlNumber < crlNumber &&
    bytesEqual(scopeOctets(complete.list), scopeOctets(list))
  );
}

function notYetValid({ thisUpdate }: Crl, { at, clockSkewSeconds }: CrlTime) {
  if (thisUpdate.getTime() <= at.getTime() + clockSkewSeconds * 1000) return undefined;
  return unavailable('not-yet-valid', `the CRL is from ${formatTime(thisUpdate)}, in the future`);
}

function hasExpired({ nextUpdate }: Crl, { at, clockSkewSeconds }: CrlTime): boolean {
  // Whole seconds, as the times of certificates: the second of nextUpdate itself still belongs to it.
  const seconds = Math.floor(at.getTime() / 1000) - clockSkewSeconds;
  return nextUpdate !== undefined && nextUpdate.getTime() < seconds * 1000;
}

function periodOf({ thisUpdate, nextUpdate }: Crl) {
  return { thisUpdate, ...(nextUpdate && { nextUpdate }) };
}

function issuersIn({ crlEntryExtensions }: RevokedCertificate): readonly Name[] {
  const names = extensionValue(crlEntryExtensions, 'certificateIssuer') ?? [];
  return names.flatMap((name) => (name.type === 'directoryName' ? [name.value] : []));
}

/** A reason that cannot be read leaves the certificate revoked all the same. */
function reasonGiven(entry: RevokedCertificate): CRLReason {
  try {
    return reasonOf(entry);
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return 'unspecified';
    throw error;
  }
}
