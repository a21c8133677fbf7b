import type { CertError } from './errors.ts';

/** Take the reason out of an error about reading something, for a message that names the file it was in. */
export function reasonIn({ message }: CertError): string {
  return message.replace(
    /^Cannot (?:read|decode) (?:PEM: |the (?:private key|PKCS#12 file|file): )?/,
    '',
  );
}
