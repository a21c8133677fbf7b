import type { PathInputs } from '../revocation/path-inputs.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Collect what a CRL of a CA is checked by, when it is taken and when it is looked at later.
 *
 * @param others CA certificates beside those of the profile
 */
export function crlInputs(
  profile: CaProfile,
  others: readonly Certificate[],
  at: Date,
): Pick<PathInputs, 'intermediates' | 'anchors' | 'at' | 'policy'> {
  const decode = (der: Uint8Array) => storedCertificate(der, `CA "${profile.label}"`);
  return {
    intermediates: [...profile.intermediates.map(decode), ...others],
    // Those of its signers, too: a signer on one of their CRLs is refused (R17).
    anchors: [...profile.roots, ...profile.cmpRoots].map(decode),
    at: new Date(at.getTime() + profile.timeToleranceSeconds * 1000),
    policy: { allowLegacy: profile.allowLegacyAlgorithms },
  };
}

/** Give the CAs of our own certificates of a CA profile. Every certificate of the store is read for that. */
export async function ownIssuers(
  store: Pick<Store, 'certificates'>,
  { label }: Pick<CaProfile, 'label'>,
): Promise<readonly Certificate[]> {
  const issued = (await store.certificates.list()).filter(({ ca }) => ca === label);
  return issued.flatMap(({ chain }) => chain).map((der) => storedCertificate(der, `CA "${label}"`));
}
