import { CertError } from '../base/errors.ts';
import type { CertificateRecord } from '../store/store.ts';

/**
 * Refuse to do with a tracked certificate what only its owner does: renew it, sign with it, deliver it.
 *
 * @param doing for the message: `sign a request with`
 * @throws {CertError} CERT_TRACKED
 */
export function assertManaged(
  { name, source }: Pick<CertificateRecord, 'name' | 'source'>,
  doing: string,
): void {
  if (source !== 'track') return;
  throw new CertError(
    'CERT_TRACKED',
    `Cannot ${doing} "${name}": it is only tracked, and somebody else renews and delivers it`,
    {
      hint: `To manage it here, import it with its key: "certkeeper cert import cert-name ${name} file … key-file … replace"`,
    },
  );
}
