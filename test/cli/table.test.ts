import { describe, expect, it } from 'vitest';
import { formatFields, formatTable } from '../../src/cli/table.ts';

describe('formatTable()', () => {
  it('makes no row as long as a name of megabytes in another one', () => {
    const text = formatTable(
      [{ title: 'NAME' }, { title: 'N' }],
      [
        ['a'.repeat(2_000_000), '1'],
        ['b', '2'],
      ],
    );
    expect(text).toContain('… (1995904 more)');
    expect(text.length).toBeLessThan(20_000);
  });
});

describe('formatFields()', () => {
  it('cuts what is very long, and says so', () => {
    expect(formatFields([['name', 'a'.repeat(5000)]])).toBe(
      `name  ${'a'.repeat(4096)}… (904 more)\n`,
    );
  });
});
