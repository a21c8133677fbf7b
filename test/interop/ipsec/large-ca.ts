import { softwareKeys } from '../../../src/crypto/keys.ts';
import { digest } from '../../../src/crypto/digest.ts';
import { extension } from '../../../src/x509/extension-values.ts';
import { issue, makeKey } from '../../harness/certificates.ts';
import { caOf, type SceneCa } from './scene-ca.ts';

const YEAR_MS = 365 * 86_400_000;

/**
 * Make a root that has revoked so many certificates, each with a number of 16 octets.
 *
 * @param hash its subjectKeyIdentifier is made by; charon uses `crl_uris` where that is SHA-1
 */
export function largeRoot(
  name: string,
  commonName: string,
  hash: 'sha1' | 'sha256',
  revoked: number,
): SceneCa {
  const key = makeKey();
  const keyIdentifier = digest(hash, key.spki.subjectPublicKey).subarray(0, 20);
  const { certificate } = issue({
    subject: `CN=${commonName}`,
    isCa: true,
    key,
    extensions: [extension('subjectKeyIdentifier', keyIdentifier)],
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + YEAR_MS),
  });
  const pkcs8 = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  const ca = caOf(name, commonName, { key: softwareKeys.load(pkcs8), certificate });
  for (let at = 0; at < revoked; at += 1) {
    const serialNumber = 2n ** 126n + BigInt(at);
    ca.revoke({ certificate: { tbsCertificate: { serialNumber } } });
  }
  return ca;
}
