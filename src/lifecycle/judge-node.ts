import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import { checkCrl } from '../revocation/crl-check.ts';
import { configuredPki } from '../revocation/path-inputs.ts';
import { validatePath } from '../revocation/validate-path.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { decodeCertificateList, findRevoked } from '../x509/certificate-list.ts';
import { sameName } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import { findProfile, trustOf } from './authority.ts';
import { crlInputs, ownIssuers } from './crl-inputs.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Judge the certificate that another node shows: it leads to a root of a CA profile as that is set up now, is valid now,
 * and in no CRL of that CA that is stored here; where such a CRL cannot be used any more, nobody is let in whom it may be
 * about. TLS has judged it before, by what it was told when it began to listen, and knows no CRLs.
 *
 * @param shown the node's own certificate, then what came along with it
 * @returns why not, as the end of a sentence; undefined when it is good
 * @throws {CertError} CA_UNKNOWN
 */
export async function judgeNode(
  store: Store,
  ca: Label,
  [certificate, ...others]: readonly [Certificate, ...Certificate[]],
  at: Date,
): Promise<string | undefined> {
  const profile = await findProfile(store, ca);
  const policy = trustOf(profile);
  const anchors = profile.roots.map((root) => storedCertificate(root, `CA "${ca}"`));
  const intermediates = [...others, ...policy.intermediates];
  const verdict = validatePath({
    certificate,
    intermediates,
    anchors,
    at,
    policy,
    limits: configuredPki,
  });
  if (verdict.type === 'invalid') return verdict.reasons[0].detail;
  const stored = (await store.crls.list(ca)).map(({ der }) => decodeCertificateList(der));
  const lists = verdict.path.flatMap(({ tbsCertificate: { issuer } }) =>
    stored.filter(({ tbsCertList }) => sameName(tbsCertList.issuer, issuer)),
  );
  if (lists.length === 0) return undefined;
  for (const list of new Set(lists)) {
    // The node chooses what comes along: what cannot be told is no yes. One that is out of date still says what it does.
    const near = checkCrl(list, crlInputs(profile, others, at));
    const checked =
      near.type === 'valid'
        ? near
        : checkCrl(
            list,
            crlInputs(profile, [...others, ...(await ownIssuers(store, profile))], at),
          );
    if (checked.type === 'invalid') {
      const who = quoteName(list.tbsCertList.issuer);
      return `the CRL of ${who} that is stored cannot be used: ${checked.detail}`;
    }
    for (const { tbsCertificate } of verdict.path) {
      const { issuer, serialNumber, subject } = tbsCertificate;
      if (!sameName(list.tbsCertList.issuer, issuer)) continue;
      const revoked = findRevoked(list, serialNumber);
      if (revoked === undefined) continue;
      return `${quoteName(subject)} was revoked at ${formatTime(revoked.revocationDate.value)}`;
    }
  }
  return undefined;
}
