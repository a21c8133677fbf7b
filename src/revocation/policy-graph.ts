import { oids, type Oid } from '../asn1/oids.ts';
import type { PolicyMappings } from '../x509/certificate-policies.ts';

/**
 * One node of the valid_policy_graph of RFC 9618, which has taken the place of the valid_policy_tree of RFC 5280:
 * policies that several parents expect are one node with several parents and not several nodes, since these
 * double with every certificate of a hostile path. Qualifiers are not kept: nobody here asks for them.
 */
interface PolicyNode {
  readonly validPolicy: Oid;
  readonly expectedPolicySet: ReadonlySet<Oid>;
  readonly parents: readonly PolicyNode[];
}

/**
 * The valid_policy_graph as the nodes of its last depth, by valid_policy; the others hang on them as parents. So
 * nodes without children, which section 6.1.3 (d) (3) deletes, are not there; and a graph without nodes, NULL in the
 * RFC, is undefined.
 */
export type PolicyGraph = ReadonlyMap<Oid, PolicyNode>;

const { anyPolicy } = oids;

/** Begin the graph: RFC 5280 section 6.1.2 (a). */
export function initialPolicyGraph(): PolicyGraph {
  return graphOf([node(anyPolicy, [])]) ?? new Map<Oid, PolicyNode>();
}

/**
 * Process the certificate policies of certificate i, and go down one depth by it: RFC 9618 section 5.2, which stands
 * for RFC 5280 section 6.1.3 (d).
 *
 * @param isAnyPolicyTaken whether anyPolicy, if it is among the policies, stands for others: 6.1.3 (d) (2)
 */
export function addPolicies(
  graph: PolicyGraph,
  policies: readonly Oid[],
  isAnyPolicyTaken: boolean,
): PolicyGraph | undefined {
  const expecting = new Map<Oid, PolicyNode[]>();
  for (const parent of graph.values()) {
    for (const policy of parent.expectedPolicySet) {
      const others = expecting.get(policy);
      if (others) others.push(parent);
      else expecting.set(policy, [parent]);
    }
  }
  const children = new Map<Oid, PolicyNode>();
  const any = graph.get(anyPolicy);
  for (const policy of policies) {
    if (policy === anyPolicy) continue;
    // (d) (1) (i), and (ii) where nobody expects it by name.
    const parents = expecting.get(policy) ?? (any && [any]);
    if (parents) children.set(policy, node(policy, parents));
  }
  if (isAnyPolicyTaken && policies.includes(anyPolicy)) {
    // (d) (2)
    for (const [policy, parents] of expecting) {
      if (!children.has(policy)) children.set(policy, node(policy, parents));
    }
  }
  return graphOf(children.values());
}

/** Say how much the next certificate costs at the most to process, apart from its own policies. */
export function weightOf(graph: PolicyGraph): number {
  let weight = 0;
  for (const { expectedPolicySet } of graph.values()) weight += 1 + expectedPolicySet.size;
  return weight;
}

/** Tell whether a mapping is to or from anyPolicy, which section 6.1.4 (a) forbids. */
export function mapsAnyPolicy(mappings: PolicyMappings): boolean {
  return mappings.some(
    ({ issuerDomainPolicy, subjectDomainPolicy }) =>
      issuerDomainPolicy === anyPolicy || subjectDomainPolicy === anyPolicy,
  );
}

/** Expect other policies of the next certificate in place of those that are mapped: section 6.1.4 (b) (1). */
export function mapPolicies(graph: PolicyGraph, mappings: PolicyMappings): PolicyGraph | undefined {
  const mapped = new Map(graph);
  const any = graph.get(anyPolicy);
  for (const [policy, expectedPolicySet] of byIssuerDomainPolicy(mappings)) {
    const known = graph.get(policy);
    if (known) mapped.set(policy, { ...known, expectedPolicySet });
    else if (any) mapped.set(policy, { ...node(policy, any.parents), expectedPolicySet });
  }
  return graphOf(mapped.values());
}

/** Delete the policies that are mapped although mapping is inhibited: section 6.1.4 (b) (2). */
export function deleteMapped(
  graph: PolicyGraph,
  mappings: PolicyMappings,
): PolicyGraph | undefined {
  const mapped = byIssuerDomainPolicy(mappings);
  return graphOf([...graph.values()].filter(({ validPolicy }) => !mapped.has(validPolicy)));
}

/**
 * Give the policies the path is valid for, among those the user accepts, in the words of the anchor's domain: the
 * user-constrained-policy-set, RFC 5280 section 6.1.5 (g) and RFC 9618 section 5.4. Empty where no policy is valid;
 * with anyPolicy in it, any is.
 */
export function userConstrainedPolicySet(
  graph: PolicyGraph | undefined,
  userInitialPolicySet: ReadonlySet<Oid>,
): ReadonlySet<Oid> {
  const authorityConstrained = authorityConstrainedPolicySet(graph);
  if (userInitialPolicySet.has(anyPolicy)) return authorityConstrained;
  // (g) (iii) 3
  if (authorityConstrained.has(anyPolicy)) return userInitialPolicySet;
  return new Set([...authorityConstrained].filter((policy) => userInitialPolicySet.has(policy)));
}

/** (g) (iii) 1: the nodes whose parents have anyPolicy, as far as something of the last depth is below them. */
function authorityConstrainedPolicySet(graph: PolicyGraph | undefined): ReadonlySet<Oid> {
  const policies = new Set<Oid>();
  // A Set goes on to what is added to it on the way.
  const reached = new Set(graph?.values());
  for (const { validPolicy, parents } of reached) {
    const isOfAnchor = parents.some((parent) => parent.validPolicy === anyPolicy);
    if (isOfAnchor && validPolicy !== anyPolicy) policies.add(validPolicy);
    for (const parent of parents) reached.add(parent);
  }
  if (graph?.has(anyPolicy)) policies.add(anyPolicy);
  return policies;
}

function byIssuerDomainPolicy(mappings: PolicyMappings): ReadonlyMap<Oid, ReadonlySet<Oid>> {
  const mapped = new Map<Oid, Set<Oid>>();
  for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
    const known = mapped.get(issuerDomainPolicy);
    if (known) known.add(subjectDomainPolicy);
    else mapped.set(issuerDomainPolicy, new Set([subjectDomainPolicy]));
  }
  return mapped;
}

function node(validPolicy: Oid, parents: readonly PolicyNode[]): PolicyNode {
  return { validPolicy, parents, expectedPolicySet: new Set([validPolicy]) };
}

function graphOf(nodes: Iterable<PolicyNode>): PolicyGraph | undefined {
  const graph = new Map<Oid, PolicyNode>();
  for (const one of nodes) graph.set(one.validPolicy, one);
  return graph.size > 0 ? graph : undefined;
}
