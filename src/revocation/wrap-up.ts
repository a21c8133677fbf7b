import type { Oid } from '../asn1/oids.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { PathCertificate } from './path-certificate.ts';
import { failure, type Failure } from './path-failure.ts';
import { withParameters, type PathState } from './path-state.ts';
import { userConstrainedPolicySet } from './policy-graph.ts';

/** What comes of a path: RFC 5280 section 6.1.6. */
export type Outputs =
  | {
      readonly type: 'valid';
      /** What the path is valid for, among the policies accepted; `anyPolicy` in it when for any. */
      readonly userConstrainedPolicySet: ReadonlySet<Oid>;
      /** The key of the end entity, with the parameters it may have from above. */
      readonly workingPublicKey: SubjectPublicKeyInfo;
    }
  | { readonly type: 'refused'; readonly failure: Failure };

/**
 * Wrap up after certificate n: RFC 5280 section 6.1.5. Critical extensions, (f), were looked at when it was read.
 */
export function wrapUp(
  state: PathState,
  { certificate, policyConstraints }: PathCertificate,
  userInitialPolicySet: ReadonlySet<Oid>,
): Outputs {
  const { requireExplicitPolicy } = policyConstraints ?? {};
  const explicitPolicy = requireExplicitPolicy === 0 ? 0 : Math.max(0, state.explicitPolicy - 1); // (a), (b)
  const { subjectPublicKeyInfo } = certificate.tbsCertificate;
  const workingPublicKey = withParameters(subjectPublicKeyInfo, state.workingPublicKey); // (c), (d), (e)
  const policies = userConstrainedPolicySet(state.validPolicyGraph, userInitialPolicySet); // (g)
  if (explicitPolicy > 0 || policies.size > 0) {
    return { type: 'valid', userConstrainedPolicySet: policies, workingPublicKey };
  }
  const what = 'must have a policy that is valid for the whole path and accepted, and has none';
  return { type: 'refused', failure: failure(certificate, 'no-valid-policy', what) };
}
