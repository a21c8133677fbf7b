import { describe, expect, it } from 'vitest';
import { errorClassOf, exitCodeOf } from '../../../src/base/errors.ts';
import { failInfoOf } from '../../../src/cmp/message/failure-of-error.ts';

describe('failInfoOf', () => {
  it('has an entry for every code', () => {
    expect(Object.keys(failInfoOf).toSorted()).toEqual(Object.keys(exitCodeOf).toSorted());
  });

  it('blames a sender for what is wrong with a message, and for nothing else', () => {
    const messageErrors = Object.entries(errorClassOf)
      .filter(([, errorClass]) => ['asn1', 'protection', 'policy'].includes(errorClass))
      .map(([code]) => code);
    const blamed = Object.entries(failInfoOf)
      .filter(([, failInfo]) => failInfo !== undefined)
      .map(([code]) => code);
    expect(blamed.toSorted()).toEqual(messageErrors.toSorted());
  });
});
