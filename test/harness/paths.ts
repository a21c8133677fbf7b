import { modernOnly, type AlgorithmPolicy } from '../../src/crypto/policy.ts';
import { checkPath, type PathVerdict } from '../../src/revocation/path.ts';
import type { PathFailure } from '../../src/revocation/path-failure.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { issue, someDay, type Issued } from './certificates.ts';

/** A small PKI: most tests of paths bend one certificate of it. */
export const root: Issued = issue({ subject: 'CN=Root,O=Test,C=DE', isCa: true });
export const sub: Issued = issue({ subject: 'CN=Sub,O=Test,C=DE', issuer: root, isCa: true });
export const leaf: Issued = issue({ subject: 'CN=gw1,O=Test,C=DE', issuer: sub });

/** What a path is looked for with: the small PKI, unless said otherwise. */
export interface Asked {
  readonly intermediates?: readonly Issued[];
  readonly anchors?: readonly Issued[];
  readonly at?: Date;
  readonly policy?: AlgorithmPolicy;
}

/** Check the path of a certificate. */
export function check(certificate: Issued | Certificate, asked: Asked = {}): PathVerdict {
  const { intermediates = [sub], anchors = [root], at = someDay, policy = modernOnly } = asked;
  return checkPath({
    certificate: 'certificate' in certificate ? certificate.certificate : certificate,
    intermediates: intermediates.map((issued) => issued.certificate),
    anchors: anchors.map((issued) => issued.certificate),
    at,
    policy,
  });
}

/** Give the reason of a refusal, or "valid". */
export function outcome(verdict: PathVerdict): PathFailure | 'valid' {
  return verdict.type === 'valid' ? 'valid' : verdict.reason;
}

/** Give the detail of a refusal, or "valid". */
export function detail(verdict: PathVerdict): string {
  return verdict.type === 'valid' ? 'valid' : verdict.detail;
}

/** Give the path that was found, empty if none was. */
export function path(verdict: PathVerdict): readonly Certificate[] {
  return verdict.type === 'valid' ? verdict.path : [];
}
