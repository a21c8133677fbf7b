import { describe, expect, it } from 'vitest';
import { oids, type Oid } from '../../src/asn1/oids.ts';
import { addPolicies, initialPolicyGraph, mapPolicies } from '../../src/revocation/policy-graph.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { check, root, type Asked } from '../harness/paths.ts';

const gold = '2.999.7.1';
const silver = '2.999.7.2';
const red = '2.999.7.3';
const { anyPolicy } = oids;

interface Policies {
  readonly has?: readonly Oid[];
  readonly maps?: readonly (readonly [Oid, Oid])[];
  readonly requireExplicitPolicy?: number;
  readonly inhibitPolicyMapping?: number;
  readonly inhibitAnyPolicy?: number;
  readonly isSelfIssued?: boolean;
}

function extensionsOf(policies: Policies): readonly Extension[] {
  const { has, maps, inhibitAnyPolicy, requireExplicitPolicy, inhibitPolicyMapping } = policies;
  const constraints = {
    ...(requireExplicitPolicy !== undefined && { requireExplicitPolicy }),
    ...(inhibitPolicyMapping !== undefined && { inhibitPolicyMapping }),
  };
  return [
    ...(has
      ? [
          extension(
            'certificatePolicies',
            has.map((policyIdentifier) => ({ policyIdentifier })),
          ),
        ]
      : []),
    ...(maps
      ? [
          extension(
            'policyMappings',
            maps.map(([issuerDomainPolicy, subjectDomainPolicy]) => ({
              issuerDomainPolicy,
              subjectDomainPolicy,
            })),
          ),
        ]
      : []),
    ...(Object.keys(constraints).length > 0 ? [extension('policyConstraints', constraints)] : []),
    ...(inhibitAnyPolicy === undefined ? [] : [extension('inhibitAnyPolicy', inhibitAnyPolicy)]),
  ];
}

/** Judge a path, from the first CA below the anchor to the end entity. */
function judge(path: readonly Policies[], asked: Asked = {}): string {
  const issued: Issued[] = [];
  for (const [i, policies] of path.entries()) {
    const issuer = issued.at(-1) ?? root;
    const subject = policies.isSelfIssued === true ? issuer.subject : `CN=Number ${i}`;
    const isCa = i < path.length - 1;
    issued.push(issue({ subject, issuer, isCa, extensions: extensionsOf(policies) }));
  }
  const leaf = issued.pop() ?? root;
  const verdict = check(leaf, { ...asked, intermediates: issued });
  if (verdict.type === 'invalid') return verdict.reasons[0].reason;
  return [...verdict.userConstrainedPolicySet]
    .map((oid) => oid.replace('2.999.7.', ''))
    .toSorted()
    .join(' ');
}

const explicit: Asked = { initialExplicitPolicy: true };

function accepting(...policies: Oid[]): Asked {
  return { ...explicit, userInitialPolicySet: new Set(policies) };
}

describe('the policies of a path', () => {
  it('are those that all certificates have', () => {
    expect(judge([{ has: [gold, silver] }, { has: [silver, red] }])).toBe('2');
    expect(judge([{ has: [gold] }, { has: [silver] }])).toBe('');
    expect(judge([{ has: [gold] }, {}])).toBe('');
    expect(judge([{ has: [anyPolicy] }, { has: [silver, red] }])).toBe('2 3');
    expect(judge([{ has: [gold] }, { has: [anyPolicy] }])).toBe('1');
    expect(judge([{ has: [anyPolicy] }, { has: [anyPolicy] }])).toBe(anyPolicy);
  });

  it('must be there only where that is required: by who asks, or by a CA from some place on', () => {
    const none = [{ has: [gold] }, { has: [silver] }];
    expect(judge(none, explicit)).toBe('no-valid-policy');
    expect(judge([{ requireExplicitPolicy: 0 }, {}])).toBe('no-valid-policy');
    expect(judge([{ requireExplicitPolicy: 1 }, {}])).toBe('no-valid-policy');
    expect(judge([{ requireExplicitPolicy: 2 }, {}])).toBe('');
    expect(judge([{ requireExplicitPolicy: 3 }, {}, {}])).toBe('');
    // RFC 5280 section 6.1.5 (b): the end entity may require it of itself.
    expect(judge([{}, { requireExplicitPolicy: 0 }])).toBe('no-valid-policy');
    expect(judge([{}, { requireExplicitPolicy: 1 }])).toBe('');
  });

  it('are required later, but never earlier, when a self-issued certificate is on the way', () => {
    const rolled = { isSelfIssued: true };
    expect(judge([{ requireExplicitPolicy: 2 }, rolled, {}])).toBe('');
    expect(judge([{ requireExplicitPolicy: 1 }, { requireExplicitPolicy: 5 }, {}])).toBe(
      'no-valid-policy',
    );
  });

  it('are told as far as the user accepts them', () => {
    const path = [{ has: [gold, silver] }, { has: [gold, silver] }];
    expect(judge(path, accepting(gold))).toBe('1');
    expect(judge(path, accepting(red))).toBe('no-valid-policy');
    expect(judge(path, accepting(red, anyPolicy))).toBe('1 2');
    const any = [{ has: [anyPolicy] }, { has: [anyPolicy] }];
    expect(judge(any, accepting(red))).toBe('3');
  });
});

describe('policy mappings', () => {
  it('tell of the policies of the anchor by those they are mapped to', () => {
    expect(judge([{ has: [gold], maps: [[gold, silver]] }, { has: [silver] }])).toBe('1');
    expect(judge([{ has: [gold], maps: [[gold, silver]] }, { has: [gold] }])).toBe('');
    const both = [
      {
        has: [gold, red],
        maps: [
          [gold, silver],
          [red, silver],
        ],
      } as const,
    ];
    expect(judge([...both, { has: [silver] }])).toBe('1 3');
  });

  it('of a policy that anyPolicy stands for make it a policy of its own', () => {
    expect(judge([{ has: [anyPolicy], maps: [[gold, silver]] }, { has: [silver] }])).toBe('1');
    const twice = [
      { has: [gold] },
      { has: [anyPolicy], maps: [[gold, silver] as const] },
      { has: [anyPolicy] },
    ];
    expect(judge([...twice, { has: [silver] }])).toBe('1');
  });

  it('delete what they map where they are inhibited', () => {
    const path = [{ has: [gold], maps: [[gold, silver]] } as const, { has: [silver] }];
    expect(judge(path, { initialPolicyMappingInhibit: true })).toBe('');
    expect(judge([{ has: [gold], inhibitPolicyMapping: 0 }, ...path])).toBe('');
    expect(judge([{ has: [gold], inhibitPolicyMapping: 1 }, ...path])).toBe('1');
  });

  it.each([
    [anyPolicy, gold],
    [gold, anyPolicy],
  ])('from %s to %s are refused', (from, to) => {
    expect(judge([{ has: [gold], maps: [[from, to]] }, {}])).toBe('policy-mapping-invalid');
  });
});

describe('anyPolicy', () => {
  it('stands for nothing where it is inhibited, but in self-issued certificates on the way', () => {
    const inhibited: Asked = { initialAnyPolicyInhibit: true };
    expect(judge([{ has: [gold] }, { has: [anyPolicy] }], inhibited)).toBe('');
    expect(judge([{ has: [gold], inhibitAnyPolicy: 0 }, { has: [anyPolicy] }])).toBe('');
    expect(judge([{ has: [gold], inhibitAnyPolicy: 1 }, { has: [anyPolicy] }])).toBe('1');
    const rolled = { has: [anyPolicy], isSelfIssued: true };
    expect(judge([{ has: [gold], inhibitAnyPolicy: 0 }, rolled, { has: [gold] }])).toBe('1');
    expect(judge([{ has: [gold], inhibitAnyPolicy: 0 }, rolled])).toBe('');
  });
});

describe('the graph of policies', () => {
  it('has as many nodes on a depth as a certificate has policies, however many ways lead there', () => {
    const policies = Array.from({ length: 20 }, (_, i) => `2.999.8.${i}`);
    const mappings = policies.flatMap((issuerDomainPolicy) =>
      policies.map((subjectDomainPolicy) => ({ issuerDomainPolicy, subjectDomainPolicy })),
    );
    let graph = addPolicies(initialPolicyGraph(), policies, true);
    for (let depth = 0; depth < 15 && graph; depth++) {
      const mapped = mapPolicies(graph, mappings);
      graph = mapped && addPolicies(mapped, policies, true);
      expect(graph?.size).toBe(20);
    }
  });
});
