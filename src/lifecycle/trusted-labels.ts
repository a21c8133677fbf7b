import { CertError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { Store } from '../store/store.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';

/** What a label stands for where CAs are meant. */
export interface CaGroup {
  /** The certificate of the local CA store, or the roots of a CA profile. */
  readonly anchors: readonly Certificate[];
  /** What a CA profile has besides; never trusted for itself. */
  readonly intermediates: readonly Certificate[];
}

/**
 * Find the CAs of a label: a certificate of the local CA store, or the roots of a CA profile.
 *
 * @throws {CertError} CA_UNKNOWN
 */
export async function caGroup(store: Store, label: string): Promise<CaGroup> {
  const one = await store.caCertificates.get(label);
  if (one) return { anchors: [decodeCertificate(one.der)], intermediates: [] };
  const profile = await store.authorities.get(label);
  if (profile && profile.roots.length > 0) {
    return {
      anchors: profile.roots.map(decodeCertificate),
      intermediates: profile.intermediates.map(decodeCertificate),
    };
  }
  if (profile) {
    throw new CertError('CA_UNKNOWN', `Cannot believe CA "${label}": its profile has no root yet`, {
      hint: `Import one with "certkeeper cert import cert-name ${label} file FILE ca"`,
    });
  }
  throw await noSuchCa(store, label);
}

/** Say why a label is none of a CA: most often a root was imported as any other certificate, or a file is given. */
async function noSuchCa(store: Store, label: string): Promise<CertError> {
  const fail = (why: string, hint: string): CertError =>
    new CertError('CA_UNKNOWN', `Cannot find CA "${label}": ${why}`, { hint });
  const imported = 'certkeeper cert import cert-name';
  if (await store.certificates.current(label)) {
    return fail(
      'it is the name of a certificate, and not in the local CA store',
      `If that is the one, import it once more by another name: "${imported} LABEL file FILE ca"`,
    );
  }
  const near = suggest(label, [
    ...(await store.caCertificates.list()).map((other) => other.label),
    ...(await store.authorities.list()).map((other) => other.label),
  ]);
  const isFile = /\.(?:pem|der|crt|cer)$/i.test(label);
  const command = isFile
    ? `${imported} LABEL file ${label} ca`
    : `${imported} ${label} file FILE ca`;
  return fail(
    'there is no CA certificate and no CA profile of that label',
    near === undefined ? `Import one with "${command}"` : `Did you mean "${near}"?`,
  );
}

/**
 * Find the certificate of a label, whoever it is of: one of the local CA store, or one by its name.
 *
 * @throws {CertError} CERT_UNKNOWN
 */
export async function labelledCertificate(store: Store, label: string): Promise<Certificate> {
  const ca = await store.caCertificates.get(label);
  const found = ca ?? (await store.certificates.current(label));
  if (found) return decodeCertificate(found.der);
  throw new CertError('CERT_UNKNOWN', `Cannot find certificate "${label}": there is none`, {
    hint: `Take it in with "certkeeper cert track cert-name ${label} file FILE"`,
  });
}

/** The whole local CA store: candidates for paths, and trusted in nothing. */
export async function localCas(store: Store): Promise<readonly Certificate[]> {
  return (await store.caCertificates.list()).map(({ der }) => decodeCertificate(der));
}
