import { CertError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import type { RequestSigner } from '../validation/ocsp-sign.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { assertCanSign } from './credential.ts';
import { openStoredKey } from './held-key.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Find who signs queries to responders, by the name of a certificate of ours: the one in force, so that a renewed one is
 * used from then on. Its key may be in a token.
 *
 * @throws {CertError} CERT_UNKNOWN; CERT_INVALID, CERT_TRACKED when it is not one to sign with; KEY_UNUSABLE
 */
export async function requestSigner(
  context: Pick<LifecycleContext, 'store' | 'clock' | 'keys' | 'tokens'>,
  name: string,
): Promise<RequestSigner> {
  const { store, clock } = context;
  const record = await store.certificates.current(name);
  if (!record) {
    throw new CertError(
      'CERT_UNKNOWN',
      `Cannot sign queries with certificate "${name}": there is none`,
      { hint: 'See "certkeeper show cert"' },
    );
  }
  assertCanSign(record, clock.now());
  if (record.keyId === undefined) {
    throw new CertError('KEY_UNUSABLE', `Cannot sign queries with "${name}": it has no key here`);
  }
  const key = await openStoredKey(context, record.keyId);
  const algorithm = signatureAlgorithmFor(key);
  const what = `"${name}"`;
  const chain = await chainToSend({ store, log: silentLog }, record);
  return {
    certificate: storedCertificate(record.der, what),
    chain: chain.map((der) => storedCertificate(der, what)),
    algorithm,
    sign: async (data) => await key.sign(data, algorithm),
  };
}
