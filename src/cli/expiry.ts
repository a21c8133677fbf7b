import type { Style } from './render.ts';

/** When a certificate ends; absent where that cannot be read. */
interface End {
  readonly notAfter?: Date;
}

/** Tell whether the lifetime of a certificate is over. */
export function isExpired({ notAfter }: End, now: Date): boolean {
  return notAfter !== undefined && notAfter <= now;
}

/** Choose a colour by urgency: red when it is over, yellow in the last third of the lifetime. */
export function colourOfExpiry(
  { notBefore, notAfter }: End & { readonly notBefore?: Date },
  now: Date,
  style: Style,
): (text: string) => string {
  if (notBefore === undefined || notAfter === undefined) return style.bad;
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return style.bad;
  return left * 3 < notAfter.getTime() - notBefore.getTime() ? style.warn : style.good;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** Format a span of time for people, in its two largest units: `355d 2h`, `4m`. */
export function formatSpan(ms: number): string {
  const first = units.findIndex(([, size]) => ms >= size);
  if (first === -1) return '0s';
  let left = ms;
  const parts = units.slice(first, first + 2).flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return parts.join(' ');
}

/** Say how far away a moment is: `in 3d 4h`, `3d 4h ago`. */
export function formatDistance(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  return ms > 0 ? `in ${formatSpan(ms)}` : `${formatSpan(-ms)} ago`;
}
