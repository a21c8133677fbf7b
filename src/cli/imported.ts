import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import type { ImportResult } from '../lifecycle/import-certificate.ts';
import { viewCertificate } from './certificate-view.ts';
import type { Json } from './json.ts';
import { plural } from './plural.ts';
import type { Printer } from './render.ts';

/**
 * Say what was imported.
 *
 * @param more further fields of the JSON object
 */
export function reportImport(
  name: Label,
  { certificate, isUnchanged, isChainComplete }: ImportResult,
  print: Printer,
  more: Readonly<Record<string, Json | undefined>> = {},
): void {
  const { subject, notBefore, notAfter, sha256 } = viewCertificate(certificate.der);
  const hasKey = certificate.keyId !== undefined;
  const { length } = certificate.chain;
  const withIssuers = length === 0 ? '' : ` and ${plural(length, 'issuer')}`;
  print.done(
    {
      name,
      imported: !isUnchanged,
      version: certificate.version,
      subject,
      notBefore: formatTime(notBefore),
      notAfter: formatTime(notAfter),
      sha256,
      hasKey,
      chain: length,
      chainComplete: isChainComplete,
      ...more,
    },
    isUnchanged
      ? `Certificate "${name}" is here already, the same`
      : `Certificate "${name}" (${subject}) is imported ${hasKey ? 'with its key' : 'without a key'}` +
          `${withIssuers}, valid until ${formatTime(notAfter)}`,
  );
}
