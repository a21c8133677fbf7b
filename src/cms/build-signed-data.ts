import { toDer } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { objectIdentifier, octetString } from '../asn1/primitives.ts';
import { signatureScheme } from '../crypto/algorithms.ts';
import { digest, digestAlgorithm } from '../crypto/digest.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import type { Certificate } from '../x509/certificate.ts';
import { referenceTo } from './issuer-and-serial-number.ts';
import { SignedAttributes, type SignedData } from './signed-data.ts';

/** What to sign, and with what. */
export interface ToSign {
  readonly eContentType: Oid;
  readonly eContent: Uint8Array;
  readonly key: SigningKey;
  readonly certificate: Certificate;
  /** Its issuers, nearest first, without the self-signed root. */
  readonly chain: readonly Certificate[];
}

/** Sign content with one signer, as RFC 9483 section 4.1.6 wants it: content and certificates in it. */
export async function buildSignedData(toSign: ToSign): Promise<SignedData> {
  const { eContentType, eContent, key, certificate, chain } = toSign;
  const signatureAlgorithm = signatureAlgorithmFor(key);
  // RFC 9481 section 3.3: Ed25519 goes with SHA-512.
  const hash = signatureScheme(signatureAlgorithm).digest ?? 'sha512';
  const signedAttrs = [
    { attrType: oids.contentType, attrValues: [toDer(objectIdentifier, eContentType)] },
    { attrType: oids.messageDigest, attrValues: [toDer(octetString, digest(hash, eContent))] },
  ];
  const sid = referenceTo(certificate);
  const byIdentifier = sid.type === 'subjectKeyIdentifier';
  return {
    // RFC 5652 section 5.1: 3 for what is not id-data, or a signer named by its key identifier.
    version: byIdentifier || eContentType !== oids.data ? 3 : 1,
    digestAlgorithms: [digestAlgorithm(hash)],
    encapContentInfo: { eContentType, eContent },
    certificates: [certificate, ...chain].map((value) => ({ type: 'certificate', value })),
    signerInfos: [
      {
        version: byIdentifier ? 3 : 1,
        sid,
        digestAlgorithm: digestAlgorithm(hash),
        signedAttrs,
        signatureAlgorithm,
        signature: await key.sign(toDer(SignedAttributes, signedAttrs), signatureAlgorithm),
      },
    ],
  };
}
