import { modernOnly } from '../../src/crypto/policy.ts';
import type { PathFailure } from '../../src/revocation/path-failure.ts';
import type { PathInputs } from '../../src/revocation/path-inputs.ts';
import { validatePath, type PathVerdict } from '../../src/revocation/validate-path.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { issue, someDay, type Issued } from './certificates.ts';

/** A small PKI: most tests of paths bend one certificate of it. */
export const root: Issued = issue({ subject: 'CN=Root,O=Test,C=DE', isCa: true });
export const sub: Issued = issue({ subject: 'CN=Sub,O=Test,C=DE', issuer: root, isCa: true });
export const leaf: Issued = issue({ subject: 'CN=gw1,O=Test,C=DE', issuer: sub });

/** What a path is looked for with: the small PKI, unless said otherwise. */
export interface Asked extends Omit<
  Partial<PathInputs>,
  'certificate' | 'intermediates' | 'anchors'
> {
  readonly intermediates?: readonly Issued[];
  readonly anchors?: readonly Issued[];
}

/** Check the path of a certificate. */
export function check(certificate: Issued | Certificate, asked: Asked = {}): PathVerdict {
  const { intermediates = [sub], anchors = [root] } = asked;
  return validatePath({
    at: someDay,
    policy: modernOnly,
    ...asked,
    certificate: 'certificate' in certificate ? certificate.certificate : certificate,
    intermediates: intermediates.map((issued) => issued.certificate),
    anchors: anchors.map((issued) => issued.certificate),
  });
}

/** Give the reason of a refusal, or "valid". */
export function outcome(verdict: PathVerdict): PathFailure | 'valid' {
  return verdict.type === 'valid' ? 'valid' : verdict.reasons[0].reason;
}

/** Give the detail of a refusal, or "valid". */
export function detail(verdict: PathVerdict): string {
  return verdict.type === 'valid' ? 'valid' : verdict.reasons[0].detail;
}

/** Give the path that was found, empty if none was. */
export function path(verdict: PathVerdict): readonly Certificate[] {
  return verdict.type === 'valid' ? verdict.path : [];
}
