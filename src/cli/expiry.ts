import type { CertificateView } from './certificate-view.ts';
import type { Style } from './render.ts';

/** Tell whether the lifetime of a certificate is over. */
export function isExpired({ notAfter }: Pick<CertificateView, 'notAfter'>, now: Date): boolean {
  return notAfter <= now;
}

/** Choose a colour by urgency: red when it is over, yellow in the last third of the lifetime. */
export function colourOfExpiry(
  { notBefore, notAfter }: Pick<CertificateView, 'notBefore' | 'notAfter'>,
  now: Date,
  style: Style,
): (text: string) => string {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return style.bad;
  return left * 3 < notAfter.getTime() - notBefore.getTime() ? style.warn : style.good;
}
