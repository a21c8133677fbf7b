import { CertError } from '../base/errors.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { Certificate, TBSCertificate } from '../x509/certificate.ts';
import type { Extension } from '../x509/extension.ts';
import { extension } from '../x509/extension-values.ts';
import type { Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { timeOf } from '../x509/time.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { digest, type DigestName } from '../crypto/digest.ts';
import { pssAlgorithm } from '../crypto/rsassa-pss.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';

/** A CA that signs: its key, and the name and key identifier that go into what it issues. */
export interface CertificateIssuer {
  readonly key: SigningKey;
  readonly name: Name;
  readonly keyIdentifier: Uint8Array;
}

/** What to put into a certificate. */
export interface CertificateFields {
  readonly serialNumber: bigint;
  readonly subject: Name;
  readonly publicKey: SubjectPublicKeyInfo;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Beside the key identifiers, which are put in here. */
  readonly extensions: readonly Extension[];
  /** By the CA's key when absent. */
  readonly digest?: DigestName;
}

/** Build and sign an X.509 v3 certificate; times are cut to the second. */
export async function issueCertificate(
  fields: CertificateFields,
  issuer: CertificateIssuer,
): Promise<Certificate> {
  const signatureAlgorithm = algorithmOf(issuer.key, fields.digest);
  const tbsCertificate: TBSCertificate = {
    version: 2,
    serialNumber: fields.serialNumber,
    signature: signatureAlgorithm,
    issuer: issuer.name,
    validity: { notBefore: timeOf(fields.notBefore), notAfter: timeOf(fields.notAfter) },
    subject: fields.subject,
    subjectPublicKeyInfo: fields.publicKey,
    extensions: [
      extension('subjectKeyIdentifier', keyIdentifierOf(fields.publicKey)),
      extension('authorityKeyIdentifier', { keyIdentifier: issuer.keyIdentifier }),
      ...fields.extensions,
    ],
  };
  const signature = await issuer.key.sign(
    toDer(TBSCertificate, tbsCertificate),
    signatureAlgorithm,
  );
  // Decoded again, so that what leaves here carries its octets as a received certificate does.
  return fromDer(
    Certificate,
    toDer(Certificate, { tbsCertificate, signatureAlgorithm, signature }),
  );
}

/** Compute a key identifier: RFC 7093 section 2, method 1 (20 octets of the key's SHA-256). */
export function keyIdentifierOf({ subjectPublicKey }: SubjectPublicKeyInfo): Uint8Array {
  return digest('sha256', subjectPublicKey).subarray(0, 20);
}

/** Decode the public half of a key of ours. */
export function publicKeyOf({ spki }: SigningKey): SubjectPublicKeyInfo {
  return fromDer(SubjectPublicKeyInfo, spki);
}

/** Turn random octets into a serial number: positive, not zero, 127 bits (RFC 5280 section 4.1.2.2). */
export function serialNumberFrom(octets: Uint8Array): bigint {
  const number = octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
  return BigInt.asUintN(126, number) | (1n << 126n);
}

/** As long as the hash (RFC 4055 section 3.1). */
const saltLengths: Readonly<Record<DigestName, number>> = {
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

function algorithmOf(key: SigningKey, chosen: DigestName | undefined): AlgorithmIdentifier {
  if (chosen === undefined || key.keyType.startsWith('ed')) return signatureAlgorithmFor(key);
  if (key.keyType.startsWith('rsa-pss-')) {
    return pssAlgorithm({ digest: chosen, saltLength: saltLengths[chosen] });
  }
  const isRsa = key.keyType.startsWith('rsa');
  switch (chosen) {
    case 'sha256':
      return isRsa
        ? algorithmIdentifier('sha256WithRSAEncryption', 'NULL')
        : algorithmIdentifier('ecdsaWithSHA256');
    case 'sha384':
      return isRsa
        ? algorithmIdentifier('sha384WithRSAEncryption', 'NULL')
        : algorithmIdentifier('ecdsaWithSHA384');
    case 'sha512':
      return isRsa
        ? algorithmIdentifier('sha512WithRSAEncryption', 'NULL')
        : algorithmIdentifier('ecdsaWithSHA512');
    case 'sha1':
      throw new CertError('CONFIG_INVALID', 'Cannot issue certificates with SHA-1: it is broken');
  }
}
