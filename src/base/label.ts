import { CertError } from './errors.ts';
import { quoted } from './quoted.ts';

/**
 * The name of a certificate, a CA profile or any other entry an operator names.
 * Branded, because it becomes part of a file name: only `parseLabel` makes one.
 */
export type Label = string & { readonly [labelBrand]: true };
declare const labelBrand: unique symbol;

const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Check a name an operator typed: a letter or digit, then up to 63 of letters, digits, `.`, `_`, `-`.
 * Never a path.
 *
 * @param what what is being named, for the message: `cert-name`, `ca-root`
 * @throws {CertError} NAME_INVALID
 */
export function parseLabel(text: string, what: string): Label {
  if (!isLabel(text)) {
    throw new CertError('NAME_INVALID', `Cannot use ${quoted(text)} as ${what}: not a name`, {
      hint: 'Start with a letter or digit, then up to 63 letters, digits, ".", "_" or "-"',
    });
  }
  return text;
}

/** Tell whether a text is a name. */
export function isLabel(text: string): text is Label {
  return pattern.test(text);
}
