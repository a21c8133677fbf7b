import { bytesEqual, concatBytes } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { fromDer, rawOf, type Codec } from '../asn1/codec.ts';
import { oidName, oids, type Oid, type OidName } from '../asn1/oids.ts';
import { objectIdentifier, octetString } from '../asn1/primitives.ts';
import { signatureScheme } from '../crypto/algorithms.ts';
import { digest, findDigest, type DigestName } from '../crypto/digest.ts';
import { legacyHint, type AlgorithmPolicy } from '../crypto/policy.ts';
import { verifySignature } from '../crypto/signature.ts';
import {
  algorithmIdentifier,
  hasNoParameters,
  type AlgorithmIdentifier,
} from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { refersTo } from './issuer-and-serial-number.ts';
import type { CmsAttribute, SignedData, SignerInfo } from './signed-data.ts';

/** What was signed, and by which keys: whether they may be believed is for the caller to say. */
export interface VerifiedContent {
  readonly eContentType: Oid;
  readonly eContent: Uint8Array;
  /** Of each SignerInfo the certificate whose key it verifies with; its path is not checked. */
  readonly signers: readonly [Certificate, ...Certificate[]];
  /** All that came along, the signers' included. */
  readonly certificates: readonly Certificate[];
}

/** Signers of one message. RFC 9483 section 4.1.6 has one; each costs us signature checks. */
const MAX_SIGNERS = 4;

/** Certificates that share the name a signer goes by, and are tried; more only cost time. */
const MAX_CANDIDATES = 4;

/**
 * Verify the signatures of a SignedData that has its content in it, each with the key of a certificate that
 * came along. Paths are not looked at.
 *
 * @throws {CertError} CMP_PROTECTION_MISSING: no signer, or no certificate for one; CMP_PROTECTION_INVALID: a
 *   signature or digest does not fit; CMP_RESPONSE_INVALID: no content, or attributes that are not as RFC 5652
 *   says; CMP_ALGORITHM_UNSUPPORTED, LIMIT_EXCEEDED, DER_MALFORMED
 * @see RFC 5652 section 5
 */
export function verifySignedData(
  { encapContentInfo, certificates = [], signerInfos }: SignedData,
  policy: AlgorithmPolicy,
): VerifiedContent {
  const { eContentType, eContent } = encapContentInfo;
  if (eContent === undefined) throw refusal('CMP_RESPONSE_INVALID', 'its content is not in it');
  if (signerInfos.length > MAX_SIGNERS) {
    throw refusal(
      'LIMIT_EXCEEDED',
      `it has ${signerInfos.length} signers, allowed are ${MAX_SIGNERS}`,
    );
  }
  const offered = certificates.flatMap((one) => (one.type === 'certificate' ? [one.value] : []));
  const signed = { eContentType, eContent };
  const [first, ...others] = signerInfos.map((info) => verifySigner(info, signed, offered, policy));
  // A SignedData without any signer only carries certificates; the codec does not read one either.
  if (first === undefined) throw refusal('CMP_PROTECTION_MISSING', 'nobody signed it');
  return { ...signed, signers: [first, ...others], certificates: offered };
}

interface Signed {
  readonly eContentType: Oid;
  readonly eContent: Uint8Array;
}

function verifySigner(
  info: SignerInfo,
  signed: Signed,
  offered: readonly Certificate[],
  policy: AlgorithmPolicy,
): Certificate {
  const candidates = offered.filter((one) => refersTo(info.sid, one)).slice(0, MAX_CANDIDATES);
  if (candidates.length === 0) {
    throw refusal('CMP_PROTECTION_MISSING', 'the certificate of its signer did not come along');
  }
  const hash = digestOf(info.digestAlgorithm, policy);
  const data = signedOctets(info, signed, hash);
  const algorithm = signatureAlgorithmOf(info, hash);
  const signer = candidates.find((certificate) =>
    verifySignature({
      spki: certificate.tbsCertificate.subjectPublicKeyInfo,
      algorithm,
      data,
      signature: info.signature,
      policy,
    }),
  );
  if (!signer) throw refusal('CMP_PROTECTION_INVALID', 'its signature does not fit');
  return signer;
}

/** RFC 5652 section 5.4: what is signed is the attributes if there are any, which then name digest and type. */
function signedOctets(info: SignerInfo, { eContentType, eContent }: Signed, hash: DigestName) {
  const { signedAttrs } = info;
  if (!signedAttrs) {
    // Only id-data may go without (section 5.3): otherwise attributes could be passed off as the content.
    if (eContentType === oids.data) return eContent;
    throw refusal('CMP_RESPONSE_INVALID', 'signedAttrs are absent');
  }
  const type = soleValue(signedAttrs, 'contentType', objectIdentifier);
  if (type !== eContentType) {
    throw refusal(
      'CMP_RESPONSE_INVALID',
      `what was signed is of type "${oidName(type)}", what is in it "${oidName(eContentType)}"`,
    );
  }
  const expected = soleValue(signedAttrs, 'messageDigest', octetString);
  if (!bytesEqual(digest(hash, eContent), expected)) {
    throw refusal('CMP_PROTECTION_INVALID', 'messageDigest is not that of its content');
  }
  // As received, under the tag of SET OF in place of [0].
  return concatBytes(Uint8Array.of(0x31), rawOf(signedAttrs).subarray(1));
}

function soleValue<T>(attributes: readonly CmsAttribute[], name: OidName, codec: Codec<T>): T {
  const found = attributes.filter(({ attrType }) => attrType === oids[name]);
  const [value] = found[0]?.attrValues ?? [];
  if (found.length !== 1 || found[0]?.attrValues.length !== 1 || value === undefined) {
    throw refusal('CMP_RESPONSE_INVALID', `attribute "${name}" is not there exactly once`);
  }
  return fromDer(codec, value);
}

function digestOf(algorithm: AlgorithmIdentifier, { allowLegacy }: AlgorithmPolicy): DigestName {
  const found = findDigest(algorithm);
  if (found !== undefined && (found !== 'sha1' || allowLegacy)) return found;
  const name = oidName(algorithm.algorithm);
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot verify the SignedData: its digest is "${name}"`,
    found === undefined ? {} : { hint: legacyHint },
  );
}

/** RFC 3370 section 3.2: plain rsaEncryption stands for the signature, too, and the digest says with which hash. */
const rsaWith = {
  sha1: 'sha1WithRSAEncryption',
  sha256: 'sha256WithRSAEncryption',
  sha384: 'sha384WithRSAEncryption',
  sha512: 'sha512WithRSAEncryption',
} as const satisfies Record<DigestName, OidName>;

function signatureAlgorithmOf(
  { signatureAlgorithm, digestAlgorithm }: SignerInfo,
  hash: DigestName,
): AlgorithmIdentifier {
  if (signatureAlgorithm.algorithm === oids.rsaEncryption && hasNoParameters(signatureAlgorithm)) {
    return algorithmIdentifier(rsaWith[hash], 'NULL');
  }
  // RFC 8933 section 3: one hash for attributes and signature, or the weaker of the two decides.
  const inSignature = signatureScheme(signatureAlgorithm).digest ?? hash;
  if (inSignature !== hash) {
    throw refusal(
      'CMP_RESPONSE_INVALID',
      `it is signed with ${inSignature}, but its digest is "${oidName(digestAlgorithm.algorithm)}"`,
    );
  }
  return signatureAlgorithm;
}

function refusal(
  code:
    | 'CMP_PROTECTION_MISSING'
    | 'CMP_PROTECTION_INVALID'
    | 'CMP_RESPONSE_INVALID'
    | 'LIMIT_EXCEEDED',
  why: string,
): CertError {
  return new CertError(code, `Cannot verify the SignedData: ${why}`);
}
