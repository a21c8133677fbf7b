import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ocspProfile, ocspSettings } from '../../src/settings/ocsp-settings.ts';
import { crlSettings, policySettings } from '../../src/settings/policy-settings.ts';
import { unavailableCodes } from '../../src/revocation/verdict.ts';
import { valuesText, type Setting } from '../../src/settings/setting.ts';
import {
  revocationTable,
  type RevocationDecision,
} from '../../src/validation/revocation-policy.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/validation.md'), 'utf8');

function rowOf(setting: Setting): string {
  const { word, typed = word, aliases = [], default: usual = '–', sentence } = setting;
  const also = aliases.map((alias) => `, \`${alias}\``).join('');
  return `| \`${typed}\`${also} | ${valuesText(setting)} | ${usual} | ${sentence} |`;
}

function decisionText(decision: RevocationDecision): string {
  if (decision.type === 'reject') return 'reject';
  return decision.warning === undefined ? 'accept' : `accept, \`${decision.warning}\``;
}

function isDescribed(code: string): boolean {
  const bare = code.replace(/^responder-error\((.*)\)$/, '$1');
  return text.includes(`\`${bare}\``) || text.includes(`\`${code}\``);
}

describe('docs/validation.md', () => {
  it.each([
    ['OCSP objects', [ocspProfile, ...ocspSettings]],
    ['policies', policySettings],
    ['CRLs', crlSettings],
  ])('has every setting of %s with its range, unit and default', (_, table) => {
    const missing = table.map(rowOf).filter((row) => !text.includes(row));
    expect(missing).toStrictEqual([]);
  });

  it('has every code there is of no word on a certificate', () => {
    expect(unavailableCodes.filter((code) => !isDescribed(code))).toStrictEqual([]);
  });

  it('has the table of decisions, row by row', () => {
    const rows = Object.entries(revocationTable).flatMap(([mode, outcomes]) =>
      Object.entries(outcomes).map(
        ([ocsp, row]) =>
          `| ${mode} | ${ocsp} | ${Object.values(row).map(decisionText).join(' | ')} |`,
      ),
    );
    expect(rows.filter((row) => !text.includes(row))).toStrictEqual([]);
  });
});
