import { describe, expect, it } from 'vitest';
import { splitLine } from '../../src/cli/shell/words.ts';

describe('splitLine()', () => {
  it.each([
    ['  a  b\tc ', ['a', 'b', 'c']],
    ['"CN=gw1, O=Test" x', ['CN=gw1, O=Test', 'x']],
    ['\'a "b" c\'', ['a "b" c']],
    ['a"b c"d', ['ab cd']],
    ['a\\ b', ['a b']],
    ['""', ['']],
    ['"say \\"no\\""', ['say "no"']],
    // A distinguished name keeps its own backslashes.
    ['"CN=Foo\\, Inc"', ['CN=Foo\\, Inc']],
    ["'CN=Foo\\, Inc'", ['CN=Foo\\, Inc']],
    ['"a\\\\b"', ['a\\b']],
    // Nothing of this is special here.
    ['$HOME * ~ ; | & > `id` $(id) {a,b} #x', '$HOME * ~ ; | & > `id` $(id) {a,b} #x'.split(' ')],
    ['one \\\ntwo', ['one', 'two']],
    ['"one\ntwo"', ['one\ntwo']],
  ])('takes %j apart', (line, words) => {
    const split = splitLine(line);
    expect(split.words.map(({ text }) => text)).toEqual(words);
    expect(split.open).toBeUndefined();
  });

  it.each([
    ['a "b c', '"'],
    ["a 'b", "'"],
    ['a "b\\"', '"'],
    ['a \\', '\\'],
    ['a "b\\', '"'],
  ])('says of %j what it ends inside of', (line, open) => {
    expect(splitLine(line).open).toBe(open);
  });

  it('says where each word stands, quotes included', () => {
    const line = ' a "b c"d';
    const places = splitLine(line).words.map(({ start, end }) => line.slice(start, end));
    expect(places).toEqual(['a', '"b c"d']);
  });
});
