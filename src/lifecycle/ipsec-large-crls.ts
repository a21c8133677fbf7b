import { bytesEqual, toHex } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import { readable } from '../base/readable.ts';
import { maxValueOctets } from '../deploy/vici-message.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { quoteName } from '../x509/name-text.ts';
import type { Store } from '../store/store.ts';
import { crlsOfCas, type CrlOfCa } from './ipsec-crls.ts';
import type { IpsecTrust } from './ipsec-trust.ts';

/** What the paths of CRLs at the agent's responder begin with. */
export const crlPathPrefix = '/crl/';

/** Find the held CRLs that do not fit into VICI: charon can only fetch them. */
export async function largeCrls(
  store: Pick<Store, 'heldCrls'>,
  trust: Pick<IpsecTrust, 'anchors' | 'intermediates'>,
): Promise<readonly CrlOfCa[]> {
  return (await crlsOfCas(store, trust)).filter(({ held }) => held.octets > maxValueOctets);
}

/** Give the path of a CA's CRL at the agent's responder. */
export function crlPathOf(ca: Certificate): string {
  return `${crlPathPrefix}${toHex(digest('sha256', certificateDer(ca)))}.crl`;
}

/**
 * Tell whether charon goes to `crl_uris` for CRLs of a CA. Charon 5.9.8 looks them up by subjectKeyIdentifier, and finds
 * only CAs where that is the SHA-1 digest of the key (RFC 5280 section 4.2.1.2 (1)).
 */
export function isCrlUriUsed({ tbsCertificate }: Certificate): boolean {
  const { extensions, subjectPublicKeyInfo } = tbsCertificate;
  const identifier = readable(() => extensionValue(extensions, 'subjectKeyIdentifier'));
  const sha1 = digest('sha1', subjectPublicKeyInfo.subjectPublicKey);
  return identifier !== undefined && bytesEqual(identifier, sha1);
}

/**
 * Say what keeps charon from large CRLs.
 *
 * @param responderUrl where the agent answers charon
 * @returns sentences without a period, the same for the next CRL of a CA
 */
export function largeCrlAdvice(
  large: readonly CrlOfCa[],
  responderUrl: string | undefined,
): readonly string[] {
  return large.flatMap(({ ca }) => {
    const what = `the CRL of ${quoteName(ca.tbsCertificate.subject)} has more than the ${maxValueOctets} octets that can be loaded into charon`;
    if (responderUrl === undefined) {
      return [
        `${what}, and the agent does not answer charon: with "certkeeper staple responder listen 127.0.0.1:8889" charon gets it from there`,
      ];
    }
    if (isCrlUriUsed(ca)) return [];
    return [
      `${what}, which fetches it only from where certificates say, as subjectKeyIdentifier of that CA is not the SHA-1 digest of its key: with http_proxy=${responderUrl} in the environment of charon it comes from the agent`,
    ];
  });
}

/** Say of which CAs charon does not fetch CRLs from `crl-uri`. @returns sentences without a period */
export function crlUriAdvice(
  crlUris: readonly string[],
  { anchors, intermediates }: Pick<IpsecTrust, 'anchors' | 'intermediates'>,
): readonly string[] {
  if (crlUris.length === 0) return [];
  return [...anchors, ...intermediates]
    .filter((ca) => !isCrlUriUsed(ca))
    .map(
      ({ tbsCertificate: { subject } }) =>
        `charon does not use crl-uri for CRLs of ${quoteName(subject)}, as subjectKeyIdentifier of that CA is not the SHA-1 digest of its key: have the agent load them, with ca-crl`,
    );
}
