import { CertError } from '../base/errors.ts';
import { encodePem } from '../asn1/pem.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { certStoreLocation } from './setting-keys.ts';

/**
 * Put key, chain and certificate where services read them, and remember that it was done. What fails here
 * is tried again by `cmp poll`: the certificate is current all the same.
 *
 * @returns the paths written
 * @throws {CertError} DELIVERY_FAILED
 */
export async function deliverCertificate(
  { store, clock, deliver, defaultCertStore }: LifecycleContext,
  record: CertificateRecord,
  transactionID: string,
): Promise<readonly string[]> {
  const { id, name, keyId, der, chain, ca = '' } = record;
  const directory = (await store.settings.get(certStoreLocation)) ?? defaultCertStore;
  const said = { name, ca, transactionID };
  try {
    const delivered = await deliver({
      directory,
      name,
      // A key in a token has no file: services use it through the token.
      ...(keyId !== undefined &&
        (await store.keys.publicKey(keyId)).tokenUri === undefined && {
          keyPem: encodePem('PRIVATE KEY', await store.keys.privateKey(keyId)),
        }),
      chainPem: chain.map((issuer) => encodePem('CERTIFICATE', issuer)).join(''),
      certificatePem: encodePem('CERTIFICATE', der),
    });
    const at = clock.now();
    await store.certificates.markDelivered(id, directory, at, [
      { at, ...said, type: 'delivered', directory },
    ]);
    return delivered.files;
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    const at = clock.now();
    await store.certificates.deliveryFailed(id, error.message, at, [
      { at, ...said, type: 'delivery-failed', text: error.message },
    ]);
    throw new CertError('DELIVERY_FAILED', error.message, {
      cause: error,
      hint: `${error.hint === undefined ? '' : `${error.hint}. `}The certificate is issued and stored; "certkeeper cmp poll current-cert ${name}" writes its files`,
    });
  }
}
