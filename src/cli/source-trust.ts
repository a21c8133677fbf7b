import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { digest } from '../crypto/digest.ts';
import type { CertificateSource } from './certificate-file.ts';
import type { Source } from './source.ts';

/**
 * Warn of something that nobody we know has signed, and that anybody on its way could have replaced.
 *
 * @param what the parameter's keyword
 */
export function warnOfChange(
  { name, way }: Pick<Source, 'name' | 'way'>,
  what: string,
  log: Log,
): void {
  if (way !== 'open') return;
  log.warn(
    `anybody on the way from "${name}" could have put another ${what} in its place; fetch it by sftp or https`,
  );
}

/** Certificates that something is believed by, with the keyword of each file. */
export interface AnchorSource extends CertificateSource {
  readonly what: string;
}

/**
 * Refuse anchors that anybody on their way could have replaced, unless the operator knows their fingerprints.
 *
 * @param fingerprints as typed; each has to be that of a certificate in `sources`, however that came
 * @throws {CertError} USAGE_INVALID: a fingerprint that is none; CONFIG_INVALID: one that does not fit
 */
export function assertAnchorsKnown(
  sources: readonly AnchorSource[],
  fingerprints: readonly string[],
): void {
  const known = fingerprints.map(parseFingerprint);
  const found = new Set<string>();
  for (const { what, name, way, ders } of sources) {
    for (const der of ders) {
      const fingerprint = toHex(digest('sha256', der));
      found.add(fingerprint);
      if (way !== 'open' || known.includes(fingerprint)) continue;
      throw new CertError(
        'CONFIG_INVALID',
        known.length === 0
          ? `Cannot trust ${what} "${name}": anybody on the way could have replaced it`
          : `Cannot trust ${what} "${name}": its fingerprint is ${fingerprint}, expected ${known.join(' or ')}`,
        {
          hint: 'Get the SHA-256 fingerprint from the operator of the CA by another way and give root-fingerprint, or fetch it by https or sftp',
        },
      );
    }
  }
  const unknown = known.find((fingerprint) => !found.has(fingerprint));
  if (unknown === undefined) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot use root-fingerprint ${unknown}: it is that of none of the certificates${found.size === 0 ? '' : `, which have ${[...found].join(', ')}`}`,
    { hint: 'Ask the operator of the CA; do not take a fingerprint from the file itself' },
  );
}

/** What tools print: hexadecimal digits with colons or without, perhaps after a name. */
function parseFingerprint(text: string): string {
  const digits = text.replace(/^sha-?256(?: fingerprint)?[:=]/i, '').replaceAll(':', '');
  if (/^[0-9a-f]{64}$/i.test(digits)) return digits.toLowerCase();
  throw new CertError(
    'USAGE_INVALID',
    `Cannot use ${JSON.stringify(text)} as root-fingerprint: it is not SHA-256 in hexadecimal`,
    { hint: '"openssl x509 -noout -fingerprint -sha256 -in ROOT.pem" prints one' },
  );
}
