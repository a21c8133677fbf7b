import { checkIsCa, checkMaySign } from './certificate-check.ts';
import { constrain } from './name-constraints.ts';
import type { PathCertificate } from './path-certificate.ts';
import { exhausted, type PathContext } from './path-context.ts';
import { failure, type Failure } from './path-failure.ts';
import { withParameters, type PathState } from './path-state.ts';
import { deleteMapped, mapPolicies, mapsAnyPolicy } from './policy-graph.ts';

/**
 * Prepare for certificate i + 1, which certificate i has issued: RFC 5280 section 6.1.4. Critical extensions, (o),
 * were looked at when the certificate was read.
 */
export function prepareForNext(
  state: PathState,
  certificate: PathCertificate,
  context: PathContext,
): Failure | undefined {
  const failed = applyMappings(state, certificate, context); // (a), (b)
  if (failed) return failed;
  assignIssuer(state, certificate); // (c) to (f)
  const { nameConstraints } = certificate;
  if (nameConstraints) state.nameSpace = constrain(state.nameSpace, nameConstraints); // (g)
  countDown(state, certificate); // (h)
  requirePolicies(state, certificate); // (i), (j)
  return (
    checkIsCa(certificate) ?? // (k)
    limitPath(state, certificate) ?? // (l), (m)
    checkMaySign(certificate) // (n)
  );
}

/** (a) and (b): policy mappings. */
function applyMappings(
  state: PathState,
  { certificate, policyMappings }: PathCertificate,
  { budget }: PathContext,
): Failure | undefined {
  if (!policyMappings) return undefined;
  if (mapsAnyPolicy(policyMappings)) {
    return failure(certificate, 'policy-mapping-invalid', 'maps policies to or from anyPolicy'); // (a)
  }
  if (!budget.spend('policyNodes', policyMappings.length)) {
    return exhausted('policy mappings', certificate);
  }
  const { validPolicyGraph, policyMapping } = state;
  const apply = policyMapping > 0 ? mapPolicies : deleteMapped; // (b) (1), (2)
  state.validPolicyGraph = validPolicyGraph && apply(validPolicyGraph, policyMappings);
  return undefined;
}

/** (c) to (f): whose name and key certificate i + 1 is to be held against. */
function assignIssuer(state: PathState, { certificate }: PathCertificate): void {
  const { subject, subjectPublicKeyInfo } = certificate.tbsCertificate;
  state.workingIssuerName = subject; // (c)
  state.workingPublicKey = withParameters(subjectPublicKeyInfo, state.workingPublicKey); // (d), (e), (f)
}

/** (h): one certificate nearer to what is required or inhibited. */
function countDown(state: PathState, { isSelfIssued }: PathCertificate): void {
  if (isSelfIssued) return;
  state.explicitPolicy = Math.max(0, state.explicitPolicy - 1); // (1)
  state.policyMapping = Math.max(0, state.policyMapping - 1); // (2)
  state.inhibitAnyPolicy = Math.max(0, state.inhibitAnyPolicy - 1); // (3)
}

/** (i) and (j): policyConstraints and inhibitAnyPolicy only ever tighten. */
function requirePolicies(
  state: PathState,
  { policyConstraints, inhibitAnyPolicy = Infinity }: PathCertificate,
): void {
  const { requireExplicitPolicy = Infinity, inhibitPolicyMapping = Infinity } =
    policyConstraints ?? {};
  state.explicitPolicy = Math.min(state.explicitPolicy, requireExplicitPolicy); // (i) (1)
  state.policyMapping = Math.min(state.policyMapping, inhibitPolicyMapping); // (i) (2)
  state.inhibitAnyPolicy = Math.min(state.inhibitAnyPolicy, inhibitAnyPolicy); // (j)
}

/** (l) and (m): how many certificates that are not self-issued may still follow before the last. */
function limitPath(
  state: PathState,
  { certificate, isSelfIssued, basicConstraints }: PathCertificate,
): Failure | undefined {
  if (!isSelfIssued) {
    if (state.maxPathLength <= 0) {
      const what = 'is one CA more than the pathLenConstraint of a CA above it allows';
      return failure(certificate, 'path-length-exceeded', what); // (l)
    }
    state.maxPathLength--;
  }
  const { pathLenConstraint = Infinity } = basicConstraints ?? {};
  state.maxPathLength = Math.min(state.maxPathLength, pathLenConstraint); // (m)
  return undefined;
}
