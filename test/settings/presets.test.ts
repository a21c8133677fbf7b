import { describe, expect, it } from 'vitest';
import type { CaBehaviour, PresetName } from '../../src/settings/ca-profile.ts';
import { presets } from '../../src/settings/presets.ts';

const { rfc9483, ...others } = presets;

/** Where each row is not RFC 9483: nothing may differ that is not here. */
const differing: Readonly<Record<Exclude<PresetName, 'rfc9483'>, Partial<CaBehaviour>>> = {
  interoperable: {
    signedAnswers: true,
    ignoreKeyUsage: true,
    lenientErrorNonces: true,
    timeToleranceSeconds: 3600,
  },
  ejbca: {
    signedAnswers: true,
    unprotectedErrors: true,
    ignoreKeyUsage: true,
    lenientErrorNonces: true,
  },
  'openssl-mock': {
    pbm: { owf: 'sha256', mac: 'hmac-sha1', iterationCount: 500 },
    minPollSeconds: 1,
  },
  '3gpp': {},
};

describe('the preset', () => {
  it.each(Object.entries(differing))(
    '%s differs from rfc9483 only where it says so',
    (name, changes) => {
      const row = Object.entries(others).find(([other]) => other === name)?.[1];
      expect(row?.behaviour).toEqual({ ...rfc9483.behaviour, ...changes });
    },
  );

  it('rfc9483 takes nothing that RFC 9483 forbids [R8][R12][C6][C7]', () => {
    expect(rfc9483.behaviour).toMatchObject({
      signedAnswers: false,
      unprotectedErrors: false,
      ignoreKeyUsage: false,
      lenientErrorNonces: false,
      allowLegacyAlgorithms: false,
      trustCapubs: false,
      trustFirstUse: false,
    });
  });

  it.each(Object.entries(presets))(
    '%s trusts nothing by itself, and is no weaker than its peers need [C6][C7][P3]',
    (_, { behaviour }) => {
      expect(behaviour.trustCapubs).toBe(false);
      expect(behaviour.trustFirstUse).toBe(false);
      expect(behaviour.allowLegacyAlgorithms).toBe(false);
      expect(behaviour.pbm.owf).not.toBe('sha1');
      expect(behaviour.pbm.iterationCount).toBeGreaterThanOrEqual(100);
      expect(behaviour.minPollSeconds).toBeGreaterThan(0);
    },
  );

  it('ejbca is the only one that takes what anyone could have said [R12]', () => {
    const taking = Object.entries(presets).filter(([, row]) => row.behaviour.unprotectedErrors);
    expect(taking.map(([name]) => name)).toEqual(['ejbca']);
  });
});
