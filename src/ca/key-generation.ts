import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { implicit, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { buildEnvelopedData, type Addressee } from '../cms/build-enveloped-data.ts';
import { buildSignedData } from '../cms/build-signed-data.ts';
import { EnvelopedData } from '../cms/enveloped-data.ts';
import { buildAsymmetricKeyPackage } from '../cms/key-package.ts';
import { SignedData } from '../cms/signed-data.ts';
import { softwareKeys, type GeneratedKey, type KeyType } from '../crypto/keys.ts';
import { describeKey } from '../crypto/public-key.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import { parseName } from '../x509/name-text.ts';
import type { CertifiedKeyPair } from '../cmp/message/cert-rep-message.ts';
import { issuerOf, type Authority } from './authority.ts';
import type { Acceptable } from './check-request.ts';
import { isProvenByConfirming } from './generated-key.ts';
import type { KeyHolder } from './key-holder.ts';
import type { Granter } from './granter.ts';
import { issueCertificate, publicKeyOf, serialNumberFrom } from './issue-certificate.ts';

/** Iterations over a secret that was made by a machine: as for the MAC (RFC 9045 section 4.1). */
const ITERATIONS = 2048;

/** Give what a request gets: its certificate, with the key if that was made here, or encrypted to its own key. */
export async function keyPairOf(
  request: Acceptable,
  certificate: Certificate,
  granter: Granter,
): Promise<CertifiedKeyPair> {
  const { random } = granter;
  if (isProvenByConfirming(request)) {
    const value = await sealCertificate(certificate, random);
    return { certOrEncCert: { type: 'encryptedCert', value } };
  }
  const certOrEncCert = { type: 'certificate', value: certificate } as const;
  if (!request.generated) return { certOrEncCert };
  const { key, holder } = request.generated;
  return {
    certOrEncCert,
    privateKey: await sealKey(key, await newGenerator(granter), holder, random),
  };
}

/** Make a key generation authority, which the CA authorises by the extended key usage for this one key. */
async function newGenerator({
  authorities: { issuing },
  clock,
  random,
}: Granter): Promise<Authority & { readonly chain: readonly Certificate[] }> {
  const { key } = await softwareKeys.generate('p-256');
  const now = clock.now().getTime();
  const certificate = await issueCertificate(
    {
      serialNumber: serialNumberFrom(random.bytes(16)),
      subject: parseName('CN=Lab KGA,O=certkeeper lab'),
      publicKey: publicKeyOf(key),
      notBefore: new Date(now - HOUR_MS),
      notAfter: new Date(now + 24 * HOUR_MS),
      extensions: [
        extension('basicConstraints', { cA: false }, true),
        extension('keyUsage', ['digitalSignature'], true),
        extension('extKeyUsage', [oids.cmKGA]),
      ],
    },
    issuerOf(issuing),
  );
  return { key, certificate, chain: [issuing.certificate] };
}

const HOUR_MS = 3_600_000;

/**
 * Sign a generated key and encrypt it for who asked: the privateKey of a CertifiedKeyPair.
 *
 * @param generator who signs it, with the extended key usage cmKGA or as the CA itself
 * @returns EncryptedKey
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when the holder's key can neither decrypt nor agree
 */
export async function sealKey(
  generated: GeneratedKey,
  generator: Authority & { readonly chain: readonly Certificate[] },
  holder: KeyHolder,
  random: Random,
): Promise<Uint8Array> {
  const eContent = buildAsymmetricKeyPackage(generated);
  const eContentType = oids.ctKPaKeyPackage;
  const signed = await buildSignedData({ eContentType, eContent, ...generator });
  const content = toDer(SignedData, signed);
  return seal(oids.signedData, content, await addresseeOf(holder), random);
}

/**
 * Encrypt a certificate to its own key: an encryptedCert, which only the holder of the key can confirm
 * (RFC 9810 section 5.2.8.3.2).
 */
export async function sealCertificate(
  certificate: Certificate,
  random: Random,
): Promise<Uint8Array> {
  const addressee = await addresseeOf({ type: 'certificate', certificate });
  return seal(oids.data, certificateDer(certificate), addressee, random);
}

async function seal(
  contentType: string,
  content: Uint8Array,
  addressee: Addressee,
  random: Random,
): Promise<Uint8Array> {
  const enveloped = await buildEnvelopedData({ contentType, content, addressee }, random);
  return toDer(implicit(0, EnvelopedData), enveloped);
}

async function addresseeOf(holder: KeyHolder): Promise<Addressee> {
  if (holder.type === 'secret') {
    const { secret } = holder;
    // The key wrap of RFC 3211 is what OpenSSL knows beside ours.
    return { type: 'password', secret, iterationCount: ITERATIONS, wrap: 'pwri-kek' };
  }
  const { certificate } = holder;
  const { kind, keyType } = describeKey(certificate.tbsCertificate.subjectPublicKeyInfo);
  if (kind === 'rsa') return { type: 'key-transport', certificate };
  if (isEcType(keyType)) {
    const { key: ephemeral } = await softwareKeys.generate(keyType);
    return { type: 'key-agreement', certificate, ephemeral };
  }
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot encrypt for a key of type ${keyType}: it only signs`,
  );
}

function isEcType(keyType: string): keyType is KeyType & `p-${string}` {
  return keyType === 'p-256' || keyType === 'p-384' || keyType === 'p-521';
}
