import { infoValue } from '../message/info-values.ts';
import type { PKIHeader } from '../message/pki-header.ts';

/**
 * Read until when the CA waits for certConf (confirmWaitTime, RFC 9810 section 5.1.1.2), on our clock: the CA
 * names a moment on its own, and messageTime says how far away that was (row C13).
 *
 * @throws {CertError} DER_MALFORMED
 */
export function confirmBefore(
  { generalInfo, messageTime }: PKIHeader,
  now: Date,
): { readonly confirmBefore?: Date } {
  const until = infoValue(generalInfo, 'confirmWaitTime');
  if (!until) return {};
  // C13: from messageTime on, where there is one.
  const leftMs = until.getTime() - (messageTime ?? now).getTime();
  return { confirmBefore: new Date(now.getTime() + leftMs) };
}
