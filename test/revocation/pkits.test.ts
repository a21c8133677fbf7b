import { describe, expect, it } from 'vitest';
import { pkitsCases, runPkits } from '../harness/pkits.ts';

const cases = pkitsCases();

describe("NIST's path validation test suite", () => {
  it('has 249 cases', () => {
    expect(cases).toHaveLength(249);
  });

  it.each(cases.map((pkits) => [pkits.number, pkits.name, pkits] as const))(
    '%s %s comes out as NIST says',
    (_, __, pkits) => {
      expect(runPkits(pkits)).toMatchObject({
        isValid: pkits.shouldValidate,
        isAsExpected: true,
      });
    },
  );
});

describe('the same suite with our defaults', () => {
  const outcomes = cases.map((pkits) => ({ pkits, ...runPkits(pkits, 'defaults') }));

  it('refuses of the valid cases only DSA and chains of more than four', () => {
    const refused = outcomes.filter(({ pkits, isValid }) => pkits.shouldValidate && !isValid);
    expect(refused.map(({ pkits: { number }, detail }) => `${number} ${detail}`)).toEqual([
      '4.1.4 algorithm-refused',
      '4.1.5 algorithm-refused',
      '4.6.13 chain-too-long',
      '4.6.14 chain-too-long',
      '4.6.17 chain-too-long',
      '4.9.1 chain-too-long',
      '4.9.2 chain-too-long',
      '4.9.4 chain-too-long',
      '4.12.9 chain-too-long',
    ]);
  });

  it('accepts of the others only those that lack a good word on a certificate', () => {
    const accepted = outcomes.filter(({ pkits, isValid }) => !pkits.shouldValidate && isValid);
    expect(accepted).toHaveLength(22);
    // 4.4 basic revocation, 4.7 cRLSign, 4.14 distribution points, 4.15 deltas: nothing of paths.
    const sections = new Set(accepted.map(({ pkits }) => pkits.number.split('.')[1]));
    expect([...sections]).toEqual(['4', '7', '14', '15']);
  });
});
