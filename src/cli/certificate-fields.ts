import { formatTime } from '../base/format-time.ts';
import { cut } from '../base/printable.ts';
import type { CertificateRecord } from '../store/store.ts';
import { viewCertificate, type CertificateView } from './certificate-view.ts';
import { colourOfExpiry, formatDistance, formatSpan } from './expiry.ts';
import type { Json } from './json.ts';
import type { Style } from './render.ts';
import type { Cell } from './table.ts';

/** Names and values, in the order in which they are shown; what is undefined is left out. */
export type Fields = readonly (readonly [string, Cell | undefined])[];

/** Lay out what a certificate says of itself. */
export function certificateFields(
  view: CertificateView,
  now: Date,
  style: Style,
  key: Fields = [['key', view.key]],
): Fields {
  return [
    ['subject', bounded(view.subject)],
    ...eachOf('san', view.subjectAltNames),
    ['issuer', bounded(view.issuer)],
    ['serial', view.serialNumber],
    ['valid from', formatTime(view.notBefore)],
    ['valid until', { text: endText(view, now), paint: colourOfExpiry(view, now, style) }],
    ...key,
    ['key usage', listed(view.keyUsage)],
    ['ext key use', listed(view.extKeyUsage)],
    ['basic', view.basicConstraints],
    ['policies', listed(view.policies)],
    ['TLS features', listed(view.tlsFeatures)],
    ...eachOf('OCSP at', view.ocsp),
    ...eachOf('issuer at', view.caIssuers),
    ...eachOf('CRL at', view.crl),
    ['unreadable', listed(view.unreadable)],
    ['signature', view.signature],
    ['SHA-256', view.sha256],
  ];
}

function endText({ notBefore, notAfter }: CertificateView, now: Date): string {
  const end = formatTime(notAfter);
  if (notAfter <= now) return `${end} (expired ${formatDistance(notAfter, now)})`;
  const left = formatSpan(notAfter.getTime() - now.getTime());
  return notBefore > now
    ? `${end} (valid ${formatDistance(notBefore, now)})`
    : `${end} (${left} left)`;
}

/** Longer than a DNS name, a path or an address gets; the rest would only fill the terminal. */
const maxShownCharacters = 1024;

/** More than these are not read one by one. */
const maxShownValues = 100;

function bounded(text: string): string {
  return cut(text, maxShownCharacters);
}

/** Show values that a CA chose, one a line. */
function eachOf(title: string, values: readonly string[]): Fields {
  const left = values.length - maxShownValues;
  const shown = values.slice(0, maxShownValues).map((value) => [title, bounded(value)] as const);
  return left > 0 ? [...shown, [title, `… (${left} more; --json has all)`]] : shown;
}

function listed(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : bounded(words.join(', '));
}

/**
 * Lay out how a certificate came, and where it went.
 *
 * @param missingIssuer name of the CA whose certificate its chain would go on with
 */
export function recordFields(record: CertificateRecord, missingIssuer?: string): Fields {
  return [
    ...record.chain.map((der) => ['chain', bounded(viewCertificate(der).subject)] as const),
    ['chain', missingIssuer && `incomplete: the certificate of "${missingIssuer}" is missing`],
    ['came by', record.source],
    ['CA profile', record.ca],
    ['url', record.url],
    ['stored', formatTime(record.createdAt)],
    ['files in', record.directory],
    ['delivered', record.deliveredAt && formatTime(record.deliveredAt)],
    ['delivery error', record.deliveryError],
  ];
}

/** What a certificate says of itself, in JSON. */
export function viewJson(view: CertificateView): { readonly [key: string]: Json | undefined } {
  const { notBefore, notAfter, shortName: _, ...rest } = view;
  return { ...rest, notBefore: formatTime(notBefore), notAfter: formatTime(notAfter) };
}
