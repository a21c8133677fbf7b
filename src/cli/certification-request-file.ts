import { fromDer } from '../asn1/codec.ts';
import { decodePem, looksLikePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import { reasonIn } from '../base/reason-in.ts';
import { CertificationRequest, requestedExtensions } from '../x509/certification-request.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { warnOfChange } from './source-trust.ts';
import { readSource, type SourceContext } from './source.ts';

/** RFC 7468 section 7 has the first; the other is what older tools write. */
const labels: ReadonlySet<string> = new Set(['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);

/**
 * Read a PKCS#10 request from a file or URL, PEM or DER. One that anybody on its way could have replaced is taken with
 * a warning.
 *
 * @throws {CertError} PEM_MALFORMED, and what `readSource` throws
 */
export async function readCertificationRequest(
  text: string,
  context: SourceContext,
): Promise<CertificationRequest> {
  const source = await readSource(text, 'csr', context);
  const { octets, name } = source;
  warnOfChange(source, 'csr', context.log);
  try {
    const der = looksLikePem(octets)
      ? decodePem(new TextDecoder().decode(octets)).find(({ label }) => labels.has(label))?.der
      : octets;
    if (!der) {
      throw new CertError(
        'PEM_MALFORMED',
        'there is no "-----BEGIN CERTIFICATE REQUEST-----" in it',
      );
    }
    const request = fromDer(CertificationRequest, der);
    // What is asked for is looked into here, where the file is named.
    extensionValue(requestedExtensions(request.certificationRequestInfo), 'subjectAltName');
    return request;
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError('PEM_MALFORMED', `Cannot use csr "${name}": ${reasonIn(cause)}`, {
      cause,
      hint: 'Give a PKCS #10 certification request as PEM or DER; "openssl req -new" makes one',
    });
  }
}
