import { decodePem, looksLikePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import { reasonIn } from '../base/reason-in.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { readSource, type Source, type SourceContext } from './source.ts';

/** Certificates, and how they came here. */
export type CertificateSource = Pick<Source, 'name' | 'way'> & {
  /** DER, in the order of the file; at least one. */
  readonly ders: readonly Uint8Array[];
};

/**
 * Read the certificates of a file or URL, PEM or DER, each decoded once to know that it is one.
 *
 * @param what the parameter's keyword, for messages
 * @throws {CertError} PEM_MALFORMED, and what `readSource` throws
 */
export async function readCertificateFile(
  text: string,
  what: string,
  context: SourceContext,
): Promise<CertificateSource> {
  const { octets, name, way } = await readSource(text, what, context);
  try {
    const ders = looksLikePem(octets)
      ? decodePem(new TextDecoder().decode(octets))
          .filter(({ label }) => certificateLabels.has(label))
          .map(({ der }) => der)
      : [octets];
    if (ders.length === 0) {
      throw new CertError('PEM_MALFORMED', 'there is no "-----BEGIN CERTIFICATE-----" block in it');
    }
    for (const der of ders) decodeCertificate(der);
    return { ders, name, way };
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError(
      'PEM_MALFORMED',
      `Cannot use ${what} "${name}" as certificate: ${reasonIn(cause)}`,
      { cause, hint: 'Give an X.509 certificate as PEM or DER' },
    );
  }
}

/** RFC 7468 section 5.1 has the first; the other two are what older tools write. */
const certificateLabels: ReadonlySet<string> = new Set([
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
]);
