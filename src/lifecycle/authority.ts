import { CertError } from '../base/errors.ts';
import type { Trust } from '../cmp/protection/trust.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { CrlRecord } from '../store/crls-contract.ts';
import type { Store } from '../store/store.ts';
import { decodeCertificateList } from '../x509/certificate-list.ts';
import { parseName } from '../x509/name-text.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Find the CA profile a command means: the one it names, else the one the certificate came from, else
 * the only one there is.
 *
 * @throws {CertError} CA_UNKNOWN
 */
export async function findProfile(
  { authorities }: Store,
  named: string | undefined,
): Promise<CaProfile> {
  const all = await authorities.list();
  const [only] = all;
  const found = named === undefined ? only : all.find(({ label }) => label === named);
  if (found && (named !== undefined || all.length === 1)) return found;
  const known = all.map(({ label }) => `"${label}"`).join(', ');
  throw new CertError(
    'CA_UNKNOWN',
    named === undefined
      ? `Cannot choose a CA: ${all.length === 0 ? 'none is set up' : `there are ${known}`}`
      : `Cannot find CA "${named}": ${all.length === 0 ? 'none is set up' : `known are ${known}`}`,
    {
      hint:
        all.length === 0
          ? 'Set one up: certkeeper ca add L url http://… root ROOT.pem'
          : named === undefined
            ? 'Name one with ca-root'
            : 'See certkeeper ca show',
    },
  );
}

/**
 * Decode what a CA profile says about whom to believe.
 *
 * @param crls of its CAs, checked before they were stored
 */
export function trustOf(profile: CaProfile, crls: readonly CrlRecord[] = []): Trust {
  const { serverCertificate, expectedSender, issuer } = profile;
  const isDedicated = profile.cmpRoots.length > 0;
  const decode = (der: Uint8Array) => storedCertificate(der, `CA "${profile.label}"`);
  return {
    anchors: (isDedicated ? profile.cmpRoots : profile.roots).map(decode),
    anchorsAreDedicated: isDedicated,
    ...(serverCertificate && { pinned: decode(serverCertificate) }),
    ...(expectedSender !== undefined && { expectedSender: parseName(expectedSender) }),
    ...(issuer !== undefined && { authority: parseName(issuer) }),
    intermediates: profile.intermediates.map(decode),
    allowLegacy: profile.allowLegacyAlgorithms,
    ignoreKeyUsage: profile.ignoreKeyUsage,
    firstUse: profile.trustFirstUse,
    crls: crls.map(({ der }) => decodeCertificateList(der)),
  };
}
