import { utf8 } from '../../base/bytes.ts';
import { oids } from '../../asn1/oids.ts';
import type { SigningKey } from '../../crypto/keys.ts';
import type { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { extensionValue } from '../../x509/extension-values.ts';
import type { GeneralName } from '../../x509/general-name.ts';
import { nullDn } from '../../x509/name.ts';

/** A secret shared with the CA, and the reference value that names it. */
export interface MacCredential {
  readonly type: 'mac';
  readonly reference: string;
  /** Octets as given; never trimmed. */
  readonly secret: Uint8Array;
  /** PasswordBasedMac or PBMAC1; the same for all messages of a transaction (RFC 9810 section 5.1.3.1). */
  readonly protectionAlg: AlgorithmIdentifier;
  /** Send the NULL-DN and leave the name to senderKID (RFC 9810 section 5.1.1). */
  readonly isNameless?: boolean;
}

/** A key and the certificate a request is signed with. */
export interface SignatureCredential {
  readonly type: 'signature';
  readonly key: SigningKey;
  readonly certificate: Certificate;
  /** Its issuers, nearest first, without the self-signed root. */
  readonly chain: readonly Certificate[];
  /** By the key alone when absent. */
  readonly protectionAlg?: AlgorithmIdentifier;
}

/** What protects our messages: the same through all of a transaction (RFC 9483 section 3.2). */
export type Credential = MacCredential | SignatureCredential;

/**
 * Name the sender a credential speaks for. Under a MAC that is a directoryName whose commonName is the
 * reference value (RFC 9483 section 3.1); under a signature the certificate's subject, as it stands there.
 */
export function senderOf(credential: Credential): GeneralName {
  if (credential.type === 'signature') {
    // H2: the Name as it was decoded, whose encodings are kept: one rebuilt from text would not be equal.
    return { type: 'directoryName', value: credential.certificate.tbsCertificate.subject };
  }
  // H3: RFC 9483 names the secret, an entity of RFC 9810 that knows no name has none.
  if (credential.isNameless) return { type: 'directoryName', value: nullDn };
  const value = { type: 'utf8String', value: credential.reference } as const;
  return { type: 'directoryName', value: { rdns: [[{ type: oids.commonName, value }]] } };
}

/** Give the senderKID of a credential: the reference's octets, or the certificate's SubjectKeyIdentifier. */
export function senderKidOf(credential: Credential): Uint8Array | undefined {
  // H7, H8: field by field as RFC 9483 section 3.1 has it.
  return credential.type === 'mac'
    ? utf8(credential.reference)
    : extensionValue(credential.certificate.tbsCertificate.extensions, 'subjectKeyIdentifier');
}
