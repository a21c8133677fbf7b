import { fromDer } from '../asn1/codec.ts';
import { CertificationRequest } from '../x509/certification-request.ts';
import { formatName } from '../x509/name-text.ts';
import { keyName, shortNameOf } from './certificate-view.ts';

/** What there is to show of a PKCS #10 request, as text. */
export interface RequestView {
  /** Its CN, else its whole DN. */
  readonly shortName: string;
  readonly subject: string;
  readonly key: string;
}

/**
 * Read what there is to show of a PKCS #10 request.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function viewRequest(der: Uint8Array): RequestView {
  const { subject, subjectPKInfo } = fromDer(CertificationRequest, der).certificationRequestInfo;
  return {
    shortName: shortNameOf(subject),
    subject: formatName(subject),
    key: keyName(subjectPKInfo),
  };
}
