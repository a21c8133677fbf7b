import { describe, expect, it } from 'vitest';
import { faults } from '../../src/ca/fault.ts';
import { httpRefusals, httpSurvivals } from './fault-http-trials.ts';
import { refusals, survivals, triedElsewhere } from './fault-trials.ts';

describe('every fault of the lab', () => {
  it('is tried in a test of its own or in a table, and ends there as its table says', () => {
    const refusedNames = [
      ...refusals.map(({ fault }) => fault),
      ...httpRefusals.map(([name]) => name),
    ];
    const survivedNames = [...survivals.map(({ fault }) => fault), ...httpSurvivals];
    const tried = [...refusedNames, ...survivedNames, ...triedElsewhere, 'lost-pkiconf'];
    expect([...new Set(tried)].toSorted()).toEqual(Object.keys(faults).toSorted());
    for (const name of refusedNames) expect(faults[name]?.ends, name).toBe('refused');
    for (const name of survivedNames) expect(faults[name]?.ends, name).toBe('survived');
  });
});
