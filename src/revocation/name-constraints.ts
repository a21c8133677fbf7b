import { oids } from '../asn1/oids.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import type { GeneralName } from '../x509/general-name.ts';
import type { GeneralSubtree, NameConstraints } from '../x509/name-constraints.ts';
import { isNullDn } from '../x509/name.ts';
import type { PathBudget } from './path-budget.ts';
import type { PathCertificate } from './path-certificate.ts';
import { failure, type Failure } from './path-failure.ts';
import {
  comparableBase,
  comparableName,
  formsOf,
  isWithin,
  type Comparable,
  type Within,
} from './name-subtree.ts';

/** The subtrees of one extension that have names of one form. */
interface Subtrees {
  readonly bases: readonly Comparable[];
  /** Section 4.2.1.10: minimum MUST be zero and maximum absent, or whoever has a name of that form is rejected. */
  readonly isPlain: boolean;
}

type SubtreesByForm = ReadonlyMap<GeneralName['type'], Subtrees>;

/**
 * permitted_subtrees and excluded_subtrees of RFC 5280 section 6.1.2 (b) and (c), as what they are made of: those of
 * every CA so far. A name in the intersection is permitted by each of them, one in the union excluded by any.
 */
export interface NameSpace {
  readonly permitted: readonly SubtreesByForm[];
  readonly excluded: readonly SubtreesByForm[];
}

/** All names. */
export const unconstrained: NameSpace = { permitted: [], excluded: [] };

/** Confine a name space by the constraints of one more CA: RFC 5280 section 6.1.4 (g). */
export function constrain(
  { permitted, excluded }: NameSpace,
  { permittedSubtrees = [], excludedSubtrees = [] }: NameConstraints,
): NameSpace {
  return {
    permitted: [...permitted, byForm(permittedSubtrees)],
    excluded: [...excluded, byForm(excludedSubtrees)],
  };
}

// A CA is in many of the paths that are tried.
const grouped = new WeakMap<readonly GeneralSubtree[], SubtreesByForm>();

function byForm(subtrees: readonly GeneralSubtree[]): SubtreesByForm {
  const known = grouped.get(subtrees);
  if (known) return known;
  const groups = [...Map.groupBy(subtrees, ({ base }) => base.type)];
  const made: SubtreesByForm = new Map(
    groups.map(([form, group]) => [
      form,
      {
        bases: group.map(({ base }) => comparableBase(base)),
        isPlain: group.every(({ minimum, maximum }) => minimum === 0 && maximum === undefined),
      },
    ]),
  );
  grouped.set(subtrees, made);
  return made;
}

/** Verify that all names of a certificate are within the name space: RFC 5280 section 6.1.3 (b) and (c). */
export function checkNames(
  certificate: PathCertificate,
  { permitted, excluded }: NameSpace,
  budget: PathBudget,
): Failure | undefined {
  if (permitted.length === 0) return undefined;
  for (const name of namesOf(certificate)) {
    if (!budget.spend('nameComparisons')) return refuse(certificate, 'exhausted', name);
    const comparable = comparableName(name);
    const forms = formsOf(name);
    for (const own of subtreesOf(permitted, forms)) {
      const within = isWithinAny(comparable, own, 'permitted', budget);
      if (within === 'inside') continue;
      return refuse(certificate, within === 'outside' ? 'name-not-permitted' : within, name);
    }
    for (const own of subtreesOf(excluded, forms)) {
      const within = isWithinAny(comparable, own, 'excluded', budget);
      if (within === 'outside') continue;
      return refuse(certificate, within === 'inside' ? 'name-excluded' : within, name);
    }
  }
  return undefined;
}

function* subtreesOf(
  all: readonly SubtreesByForm[],
  forms: readonly GeneralName['type'][],
): Generator<Subtrees, void> {
  for (const subtrees of all) {
    for (const form of forms) {
      const own = subtrees.get(form);
      if (own) yield own;
    }
  }
}

/** Subject and alternative names; mail addresses in the subject only where there are no alternative names. */
function namesOf({ certificate, subjectAltName }: PathCertificate): readonly GeneralName[] {
  const { subject } = certificate.tbsCertificate;
  const names: GeneralName[] = isNullDn(subject) ? [] : [{ type: 'directoryName', value: subject }];
  if (subjectAltName) return [...names, ...subjectAltName];
  for (const { type, value } of subject.rdns.flat()) {
    if (type !== oids.emailAddress) continue;
    // What is no text is no mailbox either, and is refused where mailboxes are constrained.
    names.push({ type: 'rfc822Name', value: value.type === 'other' ? '' : value.value });
  }
  return names;
}

function isWithinAny(
  name: Comparable,
  { bases, isPlain }: Subtrees,
  reading: 'permitted' | 'excluded',
  budget: PathBudget,
): Within | 'exhausted' {
  if (!isPlain) return 'unknown';
  for (const base of bases) {
    if (!budget.spend('nameComparisons')) return 'exhausted';
    const within = isWithin(name, base, reading);
    if (within !== 'outside') return within;
  }
  return 'outside';
}

function refuse(
  { certificate }: PathCertificate,
  why: 'name-not-permitted' | 'name-excluded' | 'unknown' | 'exhausted',
  name: GeneralName,
): Failure {
  const quoted = `"${formatGeneralName(name).slice(0, 200)}"`;
  switch (why) {
    case 'exhausted':
      return failure(certificate, 'search-exhausted', 'has more names to compare than the limit');
    case 'unknown':
      return failure(
        certificate,
        'name-constraint-unsupported',
        `has ${quoted}, which cannot be held against the name constraints of a CA above it`,
      );
    case 'name-excluded':
      return failure(certificate, why, `has ${quoted}, which a CA above it excludes`);
    case 'name-not-permitted':
      return failure(certificate, why, `has ${quoted}, which a CA above it does not permit`);
  }
}
