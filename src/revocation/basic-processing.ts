import { sameName } from '../x509/name.ts';
import { checkAlgorithm, checkValidity } from './certificate-check.ts';
import { checkNames } from './name-constraints.ts';
import type { PathCertificate } from './path-certificate.ts';
import { exhausted, type PathContext } from './path-context.ts';
import { failure, type Failure } from './path-failure.ts';
import type { PathState } from './path-state.ts';
import { addPolicies, weightOf } from './policy-graph.ts';

/**
 * Process certificate i: RFC 5280 section 6.1.3. Revocation, (a) (3), is judged when the path is known, because only
 * then its sources are worth asking.
 *
 * @param isFinal whether i is n
 */
export function processCertificate(
  state: PathState,
  certificate: PathCertificate,
  isFinal: boolean,
  context: PathContext,
): Failure | undefined {
  return (
    verifyBasics(state, certificate, context) ?? // (a)
    verifyNames(state, certificate, isFinal, context) ?? // (b), (c)
    processPolicies(state, certificate, isFinal, context) // (d), (e), (f)
  );
}

/** (a): signature, validity and issuer name. */
function verifyBasics(
  { workingPublicKey, workingIssuerName }: PathState,
  { certificate }: PathCertificate,
  { at, verify }: PathContext,
): Failure | undefined {
  const failed =
    checkAlgorithm(certificate) ??
    verify(certificate, workingPublicKey) ?? // (1)
    checkValidity(certificate, at); // (2)
  if (failed) return failed;
  if (sameName(certificate.tbsCertificate.issuer, workingIssuerName)) return undefined; // (4)
  return failure(certificate, 'untrusted', 'names another issuer than the one above it');
}

/** (b) and (c): the names are permitted and not excluded, those of self-issued certificates on the way aside. */
function verifyNames(
  { nameSpace }: PathState,
  certificate: PathCertificate,
  isFinal: boolean,
  { budget }: PathContext,
): Failure | undefined {
  if (certificate.isSelfIssued && !isFinal) return undefined;
  return checkNames(certificate, nameSpace, budget);
}

/** (d) to (f): the policies that are valid so far, and whether there must be one. */
function processPolicies(
  state: PathState,
  { certificate, certificatePolicies, isSelfIssued }: PathCertificate,
  isFinal: boolean,
  { budget }: PathContext,
): Failure | undefined {
  const { validPolicyGraph, inhibitAnyPolicy, explicitPolicy } = state;
  if (certificatePolicies && validPolicyGraph) {
    const policies = certificatePolicies.map(({ policyIdentifier }) => policyIdentifier);
    if (!budget.spend('policyNodes', weightOf(validPolicyGraph) + policies.length)) {
      return exhausted('policies', certificate);
    }
    const isAnyPolicyTaken = inhibitAnyPolicy > 0 || (!isFinal && isSelfIssued);
    state.validPolicyGraph = addPolicies(validPolicyGraph, policies, isAnyPolicyTaken); // (d)
  } else {
    state.validPolicyGraph = undefined; // (e)
  }
  if (explicitPolicy > 0 || state.validPolicyGraph) return undefined; // (f)
  return failure(certificate, 'no-valid-policy', 'has no policy that is valid for the path above');
}
