import { validatePath } from '../../src/revocation/validate-path.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { someDay } from './certificates.ts';
import { opensslVerify } from './openssl-verify.ts';
import { knownDisagreements, type Disagreement } from './path-disagreements.ts';
import { policySettings, randomPki, type RandomPki } from './random-pki.ts';

/** What came of comparing. */
export interface Comparison {
  readonly cases: number;
  /** Those that both accept. */
  readonly accepted: number;
  /** How often each known disagreement showed, by its title. */
  readonly known: ReadonlyMap<string, number>;
  /** Those that nothing explains. */
  readonly unexplained: readonly Disagreement[];
}

/** PKIs that one run of `openssl` is asked about: it looks through the certificates of all for each. */
const BATCH = 100;

/** Compare our verdicts with those of `openssl verify` on the PKIs of a row of seeds. */
export function comparePaths(firstSeed: number, cases: number): Comparison {
  const known = new Map<string, number>();
  const unexplained: Disagreement[] = [];
  let accepted = 0;
  const pkis = Array.from({ length: cases }, (_, i) => randomPki(firstSeed + i));
  for (const disagreement of judged(pkis)) {
    const { ours, theirs } = disagreement;
    const isAccepted = ours.type === 'valid';
    if (isAccepted === (theirs.length === 0)) {
      if (isAccepted) accepted++;
      continue;
    }
    const found = knownDisagreements.find(({ explains }) => explains(disagreement));
    if (found) known.set(found.title, (known.get(found.title) ?? 0) + 1);
    else unexplained.push(disagreement);
  }
  return { cases, accepted, known, unexplained };
}

/** Say what a disagreement is about, so that it can be looked into. */
export function tell({ pki, ours, theirs }: Disagreement): string {
  const we = ours.type === 'valid' ? 'valid' : ours.reasons[0].detail;
  const they = theirs.length === 0 ? 'valid' : theirs.join('; ');
  const setting = policySettings.indexOf(pki.inputs);
  return `seed ${pki.seed}, setting ${setting}: we say ${we}, openssl ${they}\n  ${pki.story.join('\n  ')}`;
}

function* judged(pkis: readonly RandomPki[]): Generator<Disagreement> {
  for (const [setting, group] of Map.groupBy(pkis, ({ inputs }) => inputs)) {
    for (let i = 0; i < group.length; i += BATCH) {
      const batch = group.slice(i, i + BATCH);
      const verdicts = opensslVerify(batch, setting);
      for (const [j, pki] of batch.entries()) {
        yield { pki, ours: judge(pki), theirs: verdicts[j] ?? ['was not asked'] };
      }
    }
  }
}

function judge({ leaf, intermediates, anchor, inputs }: RandomPki): Disagreement['ours'] {
  return validatePath({
    ...inputs,
    certificate: leaf.certificate,
    intermediates: intermediates.map(({ certificate }) => certificate),
    anchors: [anchor.certificate],
    at: someDay,
    policy: modernOnly,
  });
}
