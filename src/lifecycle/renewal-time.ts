import { utf8 } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import type { Validity } from '../x509/certificate.ts';

/** From when to when a certificate is valid. */
export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Read the lifetime of a decoded certificate. */
export function lifetimeOf({ notBefore, notAfter }: Validity): Lifetime {
  return { notBefore: notBefore.value, notAfter: notAfter.value };
}

/** How long before its end a certificate is renewed. */
export interface RenewalWindow {
  readonly ms: number;
  /** The operator's days; a third of the lifetime; that too, because the days were over half of it. */
  readonly from: 'days' | 'lifetime' | 'lifetime, days too many';
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/**
 * Find the window in which a certificate is renewed. Days over half of its lifetime are not obeyed: the next one,
 * issued for as long, would be renewed before half of it is over, and some CAs would refuse that.
 *
 * @param days as the operator has set them, if at all
 */
export function renewalWindow(lifetime: Lifetime, days?: number): RenewalWindow {
  const whole = lengthOf(lifetime);
  if (days === undefined) return { ms: whole / 3, from: 'lifetime' };
  const ms = days * dayMs;
  return ms <= whole / 2
    ? { ms, from: 'days' }
    : { ms: whole / 3, from: 'lifetime, days too many' };
}

/** Which certificate it is. */
export interface Which {
  readonly name: string;
  readonly version: number;
}

/** What tells, beside its lifetime, when a certificate is renewed. */
export interface Renewal {
  readonly which: Which;
  /** As the operator has set them for the name, if at all. */
  readonly days?: number;
}

/** At most this part of the window, so that certificates issued on one day are not all renewed in one minute. */
const jitterPart = 20;

/**
 * Find the moment at which a certificate is to be renewed: as long before its end as the window, and earlier, never
 * later, by a jitter that is always the same for one version of a name.
 *
 * @param days as for `renewalWindow`
 */
export function renewalTime(
  lifetime: Lifetime,
  which: Which,
  days?: number,
): { readonly at: Date; readonly window: RenewalWindow } {
  const window = renewalWindow(lifetime, days);
  const jitterMs = (window.ms / jitterPart) * fractionOf(which);
  return { at: new Date(Math.floor(lifetime.notAfter.getTime() - window.ms - jitterMs)), window };
}

/** A week: time for a person to act, also over a long weekend. */
export const warningHours = 168;

/**
 * Find the moment from which the end of a certificate is warned of: never before half of its lifetime is over.
 *
 * @param hours before its end, as the operator has set them
 */
export function warningTime(lifetime: Lifetime, hours: number = warningHours): Date {
  const ms = Math.min(Math.round(hours * hourMs), lengthOf(lifetime) / 2);
  return new Date(Math.floor(lifetime.notAfter.getTime() - ms));
}

/** An imported certificate may end before it begins: it has no window then, and is long over. */
function lengthOf({ notBefore, notAfter }: Lifetime): number {
  return Math.max(0, notAfter.getTime() - notBefore.getTime());
}

/**
 * The first 32 bits of a digest as a number from 0 up to, but not, 1. Of nothing that is random about a certificate:
 * what will be done can be told before it is there.
 */
function fractionOf({ name, version }: Which): number {
  const octets = digest('sha256', utf8(`${name} ${version}`)).subarray(0, 4);
  return octets.reduce((sum, octet) => sum * 256 + octet, 0) / 2 ** 32;
}
