import { oids } from '../../src/asn1/oids.ts';
import type { Spending } from '../../src/revocation/path-budget.ts';
import { pathLimits } from '../../src/revocation/path-inputs.ts';
import type { PathFailure } from '../../src/revocation/path-failure.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import type { GeneralSubtree } from '../../src/x509/name-constraints.ts';
import { issue, makeKey, type IssueOptions, type Issued } from './certificates.ts';

/** What somebody sends who wants us to be busy. */
export interface Bundle {
  readonly leaf: Issued;
  readonly others: readonly Issued[];
  /** The root alone, unless said otherwise. */
  readonly anchors?: readonly Issued[];
}

/** A bundle to be made, and what is to come of it, at the most for what. */
export interface HostileBundle {
  readonly title: string;
  make(): Bundle;
  readonly outcome: PathFailure | 'valid';
  readonly spends: readonly (readonly [Spending, number])[];
}

/** The anchor of all bundles, of which most have nothing. */
export const root: Issued = issue({ subject: 'CN=Root', isCa: true });

const stranger = issue({ subject: 'CN=Stranger', isCa: true });

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function leafBelow(issuer: Issued | undefined, options: Partial<IssueOptions> = {}): Issued {
  return issue({ subject: 'CN=gw1', issuer: issuer ?? stranger, ...options });
}

function chain(
  length: number,
  options: (i: number) => Partial<IssueOptions> = () => ({}),
): Issued[] {
  const cas: Issued[] = [];
  for (let i = 0; i < length; i++) {
    cas.push(
      issue({ subject: `CN=CA ${i}`, issuer: cas.at(-1) ?? root, isCa: true, ...options(i) }),
    );
  }
  return cas;
}

/** CAs by name, and every one certified by every other. */
function clique(size: number): Issued[] {
  const cas = times(size, (i) => issue({ subject: `CN=CA ${i}`, isCa: true }));
  return cas.flatMap(({ subject, key }) =>
    cas
      .filter((issuer) => issuer.subject !== subject)
      .map((issuer) => issue({ subject, key, issuer, isCa: true })),
  );
}

/** Names that fill about 64 KiB. */
function manyHosts(domain: string): readonly GeneralName[] {
  return times(4000, (i) => ({ type: 'dNSName', value: `${i}.${domain}` }));
}

function subtreesOf(domain: string): readonly GeneralSubtree[] {
  return manyHosts(domain).map((base) => ({ base, minimum: 0 }));
}

const policies = times(16, (i) => `2.999.7.${i}`);

/** Every policy is mapped to every other: the tree of RFC 5280 has sixteen times the nodes after each certificate. */
const everyPolicy = [
  extension(
    'certificatePolicies',
    policies.map((policyIdentifier) => ({ policyIdentifier })),
  ),
  extension(
    'policyMappings',
    policies.flatMap((issuerDomainPolicy) =>
      policies.map((subjectDomainPolicy) => ({ issuerDomainPolicy, subjectDomainPolicy })),
    ),
  ),
];

/** What there is, each with the reason to be bounded. */
export const hostileBundles: readonly HostileBundle[] = [
  {
    title: 'two CAs that certify each other',
    make() {
      const cas = clique(2);
      return { leaf: leafBelow(cas[0]), others: cas };
    },
    outcome: 'untrusted',
    spends: [
      ['candidates', 4],
      ['signatureChecks', 4],
    ],
  },
  {
    title: 'twelve CAs that certify each other all ways, which is millions of paths',
    make() {
      const cas = clique(12);
      return { leaf: leafBelow(cas[0]), others: cas };
    },
    outcome: 'search-exhausted',
    spends: [
      ['candidates', pathLimits.candidates],
      ['signatureChecks', pathLimits.signatureChecks],
    ],
  },
  {
    title: 'a CA that was certified anew a hundred times, each time with the same key',
    make() {
      const again = times(100, () => issue({ ...stranger, issuer: stranger, isCa: true }));
      return { leaf: leafBelow(stranger), others: again };
    },
    outcome: 'untrusted',
    spends: [
      ['candidates', pathLimits.candidates],
      ['signatureChecks', 1],
    ],
  },
  {
    title: 'a hundred CAs of one name with keys of their own, none of which it was',
    make: () => ({
      leaf: leafBelow(stranger, { issuerName: root.subject }),
      others: times(100, () => issue({ subject: 'CN=Root', issuer: root, isCa: true })),
      anchors: [],
    }),
    outcome: 'search-exhausted',
    spends: [
      ['candidates', pathLimits.candidates],
      ['signatureChecks', pathLimits.signatureChecks],
    ],
  },
  {
    title: 'a ladder of eight steps with five CAs on each, all of which certify all on the next',
    make() {
      const keys = times(8, () => makeKey());
      const cas = keys.flatMap((key, i) =>
        times(5, () => {
          const above = keys[i - 1];
          const issuer = above ? { subject: chainName(i - 1), key: above } : stranger;
          return issue({ subject: chainName(i), key, issuer, isCa: true });
        }),
      );
      return { leaf: leafBelow(cas.at(-1)), others: cas };
    },
    outcome: 'search-exhausted',
    spends: [
      ['candidates', pathLimits.candidates],
      ['signatureChecks', pathLimits.signatureChecks],
    ],
  },
  {
    title: 'a chain of sixty CAs',
    make() {
      const cas = chain(60);
      return { leaf: leafBelow(cas.at(-1)), others: cas };
    },
    outcome: 'chain-too-long',
    spends: [
      ['candidates', 17],
      ['signatureChecks', 17],
    ],
  },
  {
    title: 'sixteen steps with three CAs on each, and all ways up to the root break a constraint',
    make() {
      const keys = times(15, () => makeKey());
      const own = extension('nameConstraints', { excludedSubtrees: subtreesOf('a.example') }, true);
      const cas = keys.flatMap((key, i) =>
        times(3, () => {
          const above = keys[i - 1];
          const issuer = above ? { subject: chainName(i - 1), key: above } : root;
          const extensions = i === 0 ? [own] : everyPolicy;
          return issue({ subject: chainName(i), key, issuer, isCa: true, extensions });
        }),
      );
      const names = extension('subjectAltName', [{ type: 'dNSName', value: 'x.3999.a.example' }]);
      return { leaf: leafBelow(cas.at(-1), { extensions: [names] }), others: cas };
    },
    outcome: 'search-exhausted',
    spends: [
      ['paths', pathLimits.paths],
      ['policyNodes', pathLimits.policyNodes],
      ['signatureChecks', pathLimits.signatureChecks],
    ],
  },
  {
    title: '64 KiB of name constraints, and 64 KiB of names to hold against them',
    make() {
      const excludedSubtrees = subtreesOf('a.example');
      const constraints = extension('nameConstraints', { excludedSubtrees }, true);
      const cas = chain(1, () => ({ extensions: [constraints] }));
      const names = extension('subjectAltName', manyHosts('b.example'));
      return { leaf: leafBelow(cas[0], { extensions: [names] }), others: cas };
    },
    outcome: 'search-exhausted',
    spends: [['nameComparisons', pathLimits.nameComparisons]],
  },
  {
    title: '64 KiB of name constraints that are honest',
    make() {
      const excludedSubtrees = subtreesOf('a.example');
      const constraints = extension('nameConstraints', { excludedSubtrees }, true);
      const cas = chain(1, () => ({ extensions: [constraints] }));
      const names = extension('subjectAltName', [{ type: 'dNSName', value: 'b.example' }]);
      return { leaf: leafBelow(cas[0], { extensions: [names] }), others: cas };
    },
    outcome: 'valid',
    spends: [['nameComparisons', 4010]],
  },
  {
    title: 'fifteen CAs that each map sixteen policies to sixteen, for a tree of 16^15 nodes',
    make() {
      const cas = chain(15, () => ({ extensions: everyPolicy }));
      return { leaf: leafBelow(cas.at(-1), { extensions: everyPolicy }), others: cas };
    },
    outcome: 'valid',
    spends: [
      ['candidates', 16],
      ['signatureChecks', 16],
    ],
  },
];

function chainName(i: number): Issued['subject'] {
  return { rdns: [[{ type: oids.commonName, value: { type: 'utf8String', value: `Step ${i}` } }]] };
}
