import { describe, expect, it } from 'vitest';
import { formatJson } from '../../src/cli/json.ts';

describe('formatJson()', () => {
  it('lets nothing through that a terminal obeys or hides, and loses none of it', () => {
    const text =
      'a\u009b31m\u202e\u061c\u200b\u2060\ufeff\u00ad\u{e0041}\u2028\u007f\ud800\n\u001b😀ü';
    const printed = formatJson({ text });
    expect(printed.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
    expect(printed).toContain('\\u009b31m\\u202e');
    expect(printed).toContain('😀ü');
    expect(JSON.parse(printed)).toEqual({ schemaVersion: 1, text });
  });
});
