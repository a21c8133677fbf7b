import { oidName, oids } from '../asn1/oids.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Extension, Extensions } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';

/** Enough of what a CA writes to see what it did. */
const MAX_LISTED = 20;

/**
 * Say where a certificate is not what was asked for, beside its names: a CA may change all but the key (RFC 4211
 * section 5), and who gets a certificate without the keyUsage he needs should know before he uses it (C1).
 */
export function modifications(
  { tbsCertificate: { validity, extensions = [] } }: Certificate,
  asked: CertTemplate,
): readonly string[] {
  const { notBefore, notAfter } = asked.validity ?? {};
  return [
    ...moved('valid from', validity.notBefore.value, notBefore?.value),
    ...moved('valid until', validity.notAfter.value, notAfter?.value),
    ...(asked.extensions ?? []).flatMap((one) => changed(extensions, one)),
  ];
}

function moved(what: string, given: Date, asked: Date | undefined): readonly string[] {
  if (!asked || given.getTime() === asked.getTime()) return [];
  return [`it is ${what} ${formatTime(given)}, asked was ${formatTime(asked)}`];
}

function changed(given: Extensions, asked: Extension): readonly string[] {
  // Names are looked at where the certificate is judged; an empty request leaves the value to the CA.
  if (asked.extnID === oids.subjectAltName || asked.extnValue.length === 0) return [];
  const name = oidName(asked.extnID);
  const found = given.find(({ extnID }) => extnID === asked.extnID);
  if (!found) return [`it has no ${name}, asked was ${inWords(asked) ?? 'one'}`];
  if (bytesEqual(found.extnValue, asked.extnValue)) return [];
  const [is, was] = [inWords(found), inWords(asked)];
  if (is === undefined || was === undefined) return [`its ${name} is not the one asked for`];
  return is === was ? [] : [`its ${name} is ${is}, asked was ${was}`];
}

/** Only the usages are short enough to be read on one line. */
function inWords(extension: Extension): string | undefined {
  try {
    const usages =
      extensionValue([extension], 'keyUsage') ??
      extensionValue([extension], 'extKeyUsage')?.map(oidName);
    return usages && [...usages].toSorted().slice(0, MAX_LISTED).join(', ');
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}
