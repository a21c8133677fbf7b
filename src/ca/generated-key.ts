import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { objectIdentifier } from '../asn1/primitives.ts';
import { sealedPartOf } from '../cmp/transaction/sealed-answer.ts';
import { softwareKeys, type KeyType } from '../crypto/keys.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { Sender } from './authenticate.ts';
import type { LabSettings } from './lab-settings.ts';
import type { GeneratedFor, KeyHolder } from './key-holder.ts';
import type { RequestBody, Wanted } from './wanted.ts';

/**
 * Make the key of a request that brings none, where the lab makes keys.
 *
 * @returns undefined when there is none to make
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED: no key of ours is of that kind, or the sender could not decrypt it
 */
export async function generatedFor(
  body: RequestBody,
  sender: Sender,
  { keyGeneration }: LabSettings,
): Promise<GeneratedFor | undefined> {
  if (!keyGeneration || body.type === 'p10cr') return undefined;
  const [only] = body.value;
  if (!only || sealedPartOf(body) !== 'privateKey') return undefined;
  const holder = holderOf(sender);
  return {
    key: await softwareKeys.generate(keyTypeOf(only.certReq.certTemplate.publicKey)),
    holder,
  };
}

function holderOf(sender: Sender): KeyHolder {
  if (sender.type === 'mac') return { type: 'secret', secret: sender.secret };
  const { certificate } = sender;
  const { kind, keyType } = describeKey(certificate.tbsCertificate.subjectPublicKeyInfo);
  if (kind === 'rsa' || kind === 'ec') return { type: 'certificate', certificate };
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot encrypt a private key for a sender whose key, of type ${keyType}, only signs`,
  );
}

/** The type preferred, or one that everybody can use. */
function keyTypeOf(preferred: SubjectPublicKeyInfo | undefined): KeyType {
  if (!preferred) return 'p-256';
  const { algorithm, parameters } = preferred.algorithm;
  switch (algorithm) {
    case oids.rsaEncryption:
      return 'rsa-2048';
    case oids.ed25519:
      return 'ed25519';
    case oids.ed448:
      return 'ed448';
    case oids.ecPublicKey:
      return curveOf(fromDer(objectIdentifier, parameters ?? new Uint8Array()));
    default:
      throw noKeys();
  }
}

function curveOf(curve: string): KeyType {
  switch (curve) {
    case oids.prime256v1:
      return 'p-256';
    case oids.secp384r1:
      return 'p-384';
    case oids.secp521r1:
      return 'p-521';
    default:
      throw noKeys();
  }
}

function noKeys(): CertError {
  return new CertError('CMP_ALGORITHM_UNSUPPORTED', 'Cannot make a key of the type asked for');
}

/** Tell whether to decrypt the certificate, and so to confirm it, is what proves possession of the key. */
export function isProvenByConfirming({ proof, publicKey }: Wanted): boolean {
  if (proof.type !== 'crmf') return false;
  const { kind } = describeKey(publicKey);
  const isSealable = kind === 'rsa' || kind === 'ec';
  return isSealable && sealedPartOf({ type: 'ir', value: [proof.request] }) === 'encryptedCert';
}
