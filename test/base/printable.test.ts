import { describe, expect, it } from 'vitest';
import { cut, printable } from '../../src/base/printable.ts';

describe('printable() shows what a terminal would obey or hide', () => {
  it.each([
    ['a control character', 'a\u001b[2J\nb\u007f', 'a\\u001b[2J\\u000ab\\u007f'],
    ['C1', 'a\u009b31m', 'a\\u009b31m'],
    ['directions', '\u200e\u200f\u202e\u2066\u061c', '\\u200e\\u200f\\u202e\\u2066\\u061c'],
    ['zero width', '\u200b\u200d\u2060\ufeff', '\\u200b\\u200d\\u2060\\ufeff'],
    ['a soft hyphen', 'pay\u00adpal', 'pay\\u00adpal'],
    ['separators', '\u2028\u2029', '\\u2028\\u2029'],
    ['tags', '\u{e0041}', '\\u{e0041}'],
    ['half a pair', 'a\ud800b\udc00', 'a\\ud800b\\udc00'],
    ['fillers that look like nothing', 'a\u3164b\u2800', 'a\\u3164b\\u2800'],
    ['letters, marks and emoji', 'Zu\u0308rich 😀 ✓', 'Zu\u0308rich 😀 ✓'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('cut()', () => {
  it('keeps what is short enough, and says how much is missing of the rest', () => {
    expect(cut('12345', 5)).toBe('12345');
    expect(cut('123456', 5)).toBe('12345… (1 more)');
  });

  it('leaves no half of a character', () => {
    expect(cut('a😀b', 2)).toBe('a… (3 more)');
  });
});
