import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { caFields } from '../../src/cli/ca-view.ts';
import { parseLabel } from '../../src/base/label.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import type { PresetName } from '../../src/settings/ca-profile.ts';
import { presets } from '../../src/settings/presets.ts';

const names: readonly PresetName[] = ['rfc9483', 'interoperable', 'ejbca', 'openssl-mock', '3gpp'];

/** What each preset says, in the words of `ca add`. */
function fieldsOf(preset: PresetName): ReadonlyMap<string, string> {
  const profile = caProfile({
    label: parseLabel('L', 'ca'),
    url: 'http://ra.example/',
    roots: [],
    preset,
  });
  const fields = caFields(profile).filter(([word]) => !['label', 'url', 'preset'].includes(word));
  return new Map(
    fields.flatMap(([word, value]) => (typeof value === 'string' ? [[word, value]] : [])),
  );
}

function tableOfPresets(): string {
  const usual = fieldsOf('rfc9483');
  const others = names.slice(1).map(fieldsOf);
  const rows = [...usual].map(([word, value]) => [
    `\`${word}\``,
    value,
    ...others.map((fields) => (fields.get(word) === value ? '' : (fields.get(word) ?? ''))),
  ]);
  return [
    line(['setting', ...names.map((name) => `\`${name}\``)]),
    line(['---', ...names.map(() => '---')]),
    ...rows.map(line),
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

describe('docs/ca-profiles.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/ca-profiles.md'), 'utf8');

  it('has the table of presets as the program has it', () => {
    expect(
      page.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| ').replaceAll(/-{3,}/g, '---'),
    ).toContain(tableOfPresets().replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| '));
  });

  it('has the sentence of each preset', () => {
    for (const { summary } of Object.values(presets)) {
      expect(page.replaceAll(/\s+/g, ' ')).toContain(summary);
    }
  });
});
