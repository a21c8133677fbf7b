import { expect, it } from 'vitest';
import { suggest } from '../../src/base/suggest.ts';

it.each([
  ['alce', ['alice', 'bob'], 'alice'],
  ['rootb', ['rootA', 'rootB'], 'rootB'],
  ['b', ['A', 'B'], 'B'],
  ['aa', ['a'], 'a'],
  ['init', ['initialize', 'info'], 'initialize'],
])('suggest() takes %s among %j for %s', (typed, words, meant) => {
  expect(suggest(typed, words)).toBe(meant);
});

it.each([
  ['C', ['A']],
  ['carol', ['alice', 'bob']],
])('suggest() takes %s among %j for none of them', (typed, words) => {
  expect(suggest(typed, words)).toBeUndefined();
});
