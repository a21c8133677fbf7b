import { formatTime } from '../base/format-time.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Credential } from '../cmp/protection/credential.ts';
import { isMac } from '../cmp/protection/mac.ts';
import { pbmAlgorithm } from '../cmp/protection/pbm.ts';
import { pbmac1Algorithm } from '../cmp/protection/pbmac1.ts';
import { digestAlgorithm } from '../crypto/digest.ts';
import { macAlgorithm } from '../crypto/mac.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { CertificateRecord, Credential as StoredCredential } from '../store/store.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { openStoredKey } from './held-key.ts';
import { storedCertificate } from './stored-certificate.ts';
import { assertManaged } from './tracked.ts';

/** RFC 4211 section 4.4 asks for 8 octets or more. */
// P3: the wire has room for more than the 8 it asks for.
const SALT_OCTETS = 16;

/** Choose the MAC for one transaction, with a salt of its own. */
function newMacAlgorithm(
  { protection, pbm }: Pick<CaProfile, 'protection' | 'pbm'>,
  random: Random,
): AlgorithmIdentifier {
  const salt = random.bytes(SALT_OCTETS);
  const { owf, mac, iterationCount } = pbm;
  switch (protection) {
    case 'pbm':
      return pbmAlgorithm({
        salt,
        owf: digestAlgorithm(owf),
        iterationCount,
        mac: macAlgorithm(mac),
      });
    case 'pbmac1':
      return pbmac1Algorithm(salt, iterationCount);
  }
}

/**
 * Make a stored credential usable.
 *
 * @param protectionAlg what the transaction began with (P4, P9); absent for a new one
 * @throws {CertError} CERT_UNKNOWN, KEY_UNUSABLE
 */
export async function openCredential(
  context: LifecycleContext,
  stored: StoredCredential,
  profile: CaProfile,
  begunWith?: AlgorithmIdentifier,
): Promise<Credential> {
  const { store, random } = context;
  if (stored.type === 'mac') {
    const { reference, secret } = stored;
    // P4: the parameters it began with, after a restart too.
    const protectionAlg = begunWith ?? newMacAlgorithm(profile, random);
    if (!isMac(protectionAlg)) {
      throw new CertError(
        'STORE_CORRUPT',
        'Cannot go on: the stored request was not protected by a MAC',
      );
    }
    const isNameless = profile.macSender === 'null-dn';
    return { type: 'mac', reference, secret, protectionAlg, isNameless };
  }
  // P9: by its id, so that an update is confirmed under the old certificate, whatever is current by then.
  const record = await store.certificates.get(stored.certificateId);
  if (record?.keyId === undefined) {
    throw new CertError(
      'CERT_UNKNOWN',
      'Cannot sign: the certificate to sign with is gone, or has no key',
    );
  }
  const key = await openStoredKey(context, record.keyId);
  return {
    type: 'signature',
    key,
    protectionAlg: begunWith ?? signatureAlgorithmFor(key, profile.rsaSignature),
    certificate: storedCertificate(record.der, `"${record.name}"`),
    chain: (await chainToSend(context, record)).map((der) =>
      storedCertificate(der, `"${record.name}"`),
    ),
  };
}

/**
 * Refuse to sign with a certificate that the CA must refuse: expired, not yet valid, or not for signatures
 * (RFC 9483 section 3.5).
 *
 * @throws {CertError} CERT_INVALID, CERT_TRACKED
 */
export function assertCanSign(record: CertificateRecord, at: Date): void {
  assertManaged(record, 'sign a request with');
  const { validity, extensions } = storedCertificate(record.der, `"${record.name}"`).tbsCertificate;
  // P10: refused before anything is sent.
  const why =
    record.keyId === undefined
      ? 'its private key is not here'
      : at > validity.notAfter.value
        ? `it expired on ${formatTime(validity.notAfter.value)}`
        : at < validity.notBefore.value
          ? `it is not valid before ${formatTime(validity.notBefore.value)}`
          : extensionValue(extensions, 'keyUsage')?.includes('digitalSignature') === false
            ? 'its keyUsage does not allow digitalSignature'
            : undefined;
  if (why === undefined) return;
  throw new CertError('CERT_INVALID', `Cannot sign a request with "${record.name}": ${why}`, {
    hint:
      record.keyId === undefined
        ? 'Take it once more with its key: certkeeper cert import … key-file FILE replace'
        : at > validity.notAfter.value
          ? `Get another one in its place, under a shared secret: "certkeeper cert move ${record.name} ca-root L by ir", then "certkeeper cmp update current-cert ${record.name}"`
          : 'Get a new certificate with "cmp initialize" and a shared secret or another signer-cert',
  });
}
