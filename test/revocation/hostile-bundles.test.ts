import { describe, expect, it } from 'vitest';
import { modernOnly } from '../../src/crypto/policy.ts';
import type { Spending } from '../../src/revocation/path-budget.ts';
import { pathLimits, type PathInputs } from '../../src/revocation/path-inputs.ts';
import { beginValidation, validateWithin } from '../../src/revocation/validate-path.ts';
import { hostileBundles, root, type Bundle } from '../harness/hostile-bundles.ts';
import { someDay } from '../harness/certificates.ts';

/** What a search came to, and what it has spent. */
function judge({ leaf, others, anchors = [root] }: Bundle): {
  readonly reason: string;
  spent(what: Spending): number;
} {
  const inputs: PathInputs = {
    certificate: leaf.certificate,
    intermediates: others.map(({ certificate }) => certificate),
    anchors: anchors.map(({ certificate }) => certificate),
    at: someDay,
    policy: modernOnly,
    limits: { chainLength: 16 },
  };
  const context = beginValidation(inputs);
  const verdict = validateWithin(context, inputs);
  return {
    reason: verdict.type === 'valid' ? 'valid' : verdict.reasons[0].reason,
    spent: (what) => pathLimits[what] - context.budget.left(what),
  };
}

describe('a search for a path is bounded by what it counts', () => {
  it.each(hostileBundles.map((bundle) => [bundle.title, bundle] as const))(
    'when a bundle has %s',
    (_, bundle) => {
      const { reason, spent } = judge(bundle.make());
      expect(reason).toBe(bundle.outcome);
      for (const [what, most] of bundle.spends) {
        expect(spent(what), what).toBeLessThanOrEqual(most);
      }
    },
  );

  it('and refuses more certificates of a peer than the limit at once', () => {
    const [bundle] = hostileBundles;
    if (!bundle) throw new Error('there are some');
    const { leaf } = bundle.make();
    const offered = Array.from({ length: pathLimits.offered + 1 }, () => root.certificate);
    const inputs: PathInputs = {
      certificate: leaf.certificate,
      intermediates: [],
      offered,
      anchors: [root.certificate],
      at: someDay,
      policy: modernOnly,
    };
    const context = beginValidation(inputs);
    const verdict = validateWithin(context, inputs);
    expect(verdict).toMatchObject({ reasons: [{ reason: 'search-exhausted' }] });
    expect(context.budget.left('candidates')).toBe(pathLimits.candidates);
  });

  it.each([0, 17, 2.5, Number.NaN])('and a chain cannot be limited to %d', (chainLength) => {
    expect(() =>
      beginValidation({ at: someDay, policy: modernOnly, limits: { chainLength } }),
    ).toThrow('1 to 16 can be set');
  });
});
