import { describe, expect, it } from 'vitest';
import { isLabel, parseLabel } from '../../src/base/label.ts';

describe('parseLabel()', () => {
  it.each(['a', '9', 'gw1.example', 'Root_A-2', 'x'.repeat(64)])(
    'takes %j as it stands',
    (text) => {
      expect(parseLabel(text, 'cert-name')).toBe(text);
      expect(isLabel(text)).toBe(true);
    },
  );

  it.each([
    '',
    '.',
    '..',
    '.hidden',
    '-f',
    '_a',
    'a/b',
    '../a',
    'a\\b',
    'a b',
    'a\n',
    'a\0',
    'é',
    'x'.repeat(65),
  ])('refuses %j, which could be a path, an option or too long', (text) => {
    expect(isLabel(text)).toBe(false);
    expect(() => parseLabel(text, 'cert-name')).toThrow(
      expect.objectContaining({ code: 'NAME_INVALID' }),
    );
  });

  it('says what was being named and quotes what was typed', () => {
    expect(() => parseLabel('a\nb', 'ca-root')).toThrow(
      'Cannot use "a\\nb" as ca-root: not a name',
    );
  });
});
