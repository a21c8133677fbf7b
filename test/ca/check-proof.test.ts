import { describe, expect, it } from 'vitest';
import { checkProof } from '../../src/ca/check-proof.ts';
import { isRefusal } from '../../src/ca/refusal.ts';
import { isRequestBody, wantedIn } from '../../src/ca/wanted.ts';
import { vectorMessage, vectorNames } from '../cmp/vectors.ts';

const requests = vectorNames.filter((name) => isRequestBody(vectorMessage(name).body));

describe('checkProof()', () => {
  it.each(requests)('verifies the proof of possession in %s of OpenSSL', (name) => {
    const { body } = vectorMessage(name);
    const wanted = isRequestBody(body) ? wantedIn(body) : undefined;
    expect(wanted && !isRefusal(wanted) && checkProof(wanted, false)).toBeUndefined();
  });

  it('finds requests of every kind among the vectors', () => {
    const kinds = new Set(requests.map((name) => vectorMessage(name).body.type));
    expect([...kinds].toSorted()).toEqual(['cr', 'ir', 'kur', 'p10cr']);
  });
});
