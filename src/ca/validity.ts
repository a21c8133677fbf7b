import type { OptionalValidity } from '../cmp/message/cert-template.ts';
import type { Validity } from '../x509/certificate.ts';
import { refusal, type Refusal } from './refusal.ts';

/** From when to when a certificate is to be valid. */
export interface GrantedValidity {
  readonly type: 'validity';
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** It is not what was asked for, so the answer is grantedWithMods. */
  readonly isModified: boolean;
}

// OpenSSL's client begins at the moment it builds a request, by its own clock.
const BACKDATE_MS = 300_000;

/**
 * Grant the validity asked for, as far as it lies in that of the issuer, is no longer than set and does not
 * begin in the past; a few minutes are no past. What nothing is left of is refused as badCertTemplate.
 */
export function grantValidity(
  asked: OptionalValidity | undefined,
  issuer: Validity,
  longestSeconds: number,
  now: Date,
): GrantedValidity | Refusal {
  const from = asked?.notBefore?.value;
  const to = asked?.notAfter?.value;
  const first = issuer.notBefore.value;
  const last = issuer.notAfter.value;
  if (now >= last) return refusal('systemUnavail', 'The certificate of the CA of this lab is over');
  if (to && to <= now) return refusal('badCertTemplate', 'The validity asked for is over');
  if (from && to && to <= from) {
    return refusal('badCertTemplate', 'The validity asked for ends before it begins');
  }
  if (from && from >= last) {
    return refusal('badCertTemplate', 'The validity asked for begins after that of the CA ends');
  }
  const earliest = latest(first, new Date(now.getTime() - BACKDATE_MS));
  const notBefore = from && from >= earliest ? from : latest(first, now);
  const longest = new Date(notBefore.getTime() + longestSeconds * 1000);
  const end = longest < last ? longest : last;
  const notAfter = to && to < end ? to : end;
  const isModified = differs(from, notBefore) || differs(to, notAfter);
  return { type: 'validity', notBefore, notAfter, isModified };
}

function latest(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function differs(asked: Date | undefined, granted: Date): boolean {
  return asked !== undefined && asked.getTime() !== granted.getTime();
}
