import { fromDer, toDer } from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { inheritsParameters } from '../crypto/dsa.ts';
import type { Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { constrain, unconstrained, type NameSpace } from './name-constraints.ts';
import type { PathCertificate } from './path-certificate.ts';
import { initialPolicyGraph, type PolicyGraph } from './policy-graph.ts';

/** The initial values of RFC 5280 section 6.1.1 that the policies of a path depend on. */
export interface PolicyInputs {
  readonly userInitialPolicySet: ReadonlySet<Oid>;
  readonly initialPolicyMappingInhibit: boolean;
  readonly initialExplicitPolicy: boolean;
  readonly initialAnyPolicyInhibit: boolean;
}

/** The state variables of RFC 5280 section 6.1.2, which the steps of sections 6.1.3 to 6.1.5 change. */
export interface PathState {
  /** (a), as the graph of RFC 9618; undefined where the RFC says NULL. */
  validPolicyGraph: PolicyGraph | undefined;
  /** (b) and (c): permitted_subtrees and excluded_subtrees. */
  nameSpace: NameSpace;
  /** (d) */
  explicitPolicy: number;
  /** (e) */
  inhibitAnyPolicy: number;
  /** (f) */
  policyMapping: number;
  /** (g), (h) and (i): working_public_key with its algorithm and parameters. */
  workingPublicKey: SubjectPublicKeyInfo;
  /** (j) */
  workingIssuerName: Name;
  /** (k) */
  maxPathLength: number;
}

/**
 * Initialize the state for a path of `n` certificates: RFC 5280 section 6.1.2. What an anchor says of itself in
 * basicConstraints and nameConstraints is obeyed as if it came from further up, which section 6.2 permits.
 */
export function initialize(anchor: PathCertificate, n: number, inputs: PolicyInputs): PathState {
  const { subject, subjectPublicKeyInfo } = anchor.certificate.tbsCertificate;
  const { basicConstraints, nameConstraints } = anchor;
  return {
    validPolicyGraph: initialPolicyGraph(), // (a)
    nameSpace: nameConstraints ? constrain(unconstrained, nameConstraints) : unconstrained, // (b), (c)
    explicitPolicy: inputs.initialExplicitPolicy ? 0 : n + 1, // (d)
    inhibitAnyPolicy: inputs.initialAnyPolicyInhibit ? 0 : n + 1, // (e)
    policyMapping: inputs.initialPolicyMappingInhibit ? 0 : n + 1, // (f)
    workingPublicKey: subjectPublicKeyInfo, // (g), (h), (i)
    workingIssuerName: subject, // (j)
    maxPathLength: Math.min(n, basicConstraints?.pathLenConstraint ?? n), // (k)
  };
}

/**
 * Complete a key by the parameters of the key above it, if it leaves them out and that is of the same algorithm: RFC
 * 5280 sections 6.1.4 (d) to (f) and 6.1.5 (c) to (e).
 */
export function withParameters(
  spki: SubjectPublicKeyInfo,
  { algorithm: above }: SubjectPublicKeyInfo,
): SubjectPublicKeyInfo {
  if (!inheritsParameters(spki) || above.algorithm !== spki.algorithm.algorithm) return spki;
  return fromDer(SubjectPublicKeyInfo, toDer(SubjectPublicKeyInfo, { ...spki, algorithm: above }));
}
