import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

function hintAfter(line: string): string | undefined {
  try {
    parseCommandLine(line.split(' '), commands);
  } catch (error) {
    if (error instanceof CertError) return error.hint;
    throw error;
  }
  throw new Error(`parsed: ${line}`);
}

describe('parseCommandLine() takes the name behind the keyword of another command for the one that is missing', () => {
  it.each([
    ['cmp update cert-name gw1', 'Did you mean "current-cert gw1"?'],
    ['cmp update --cert-name gw1', 'Did you mean "current-cert gw1"?'],
    ['cmp update --cert-name=gw1', 'Did you mean "current-cert gw1"?'],
    ['cmp update gw1 ca-root rootA', 'Did you mean "current-cert gw1"?'],
  ])('%s', (line, hint) => {
    expect(hintAfter(line)).toBe(hint);
  });

  it('and repeats nothing that may be a secret', () => {
    expect(hintAfter('cmp update secret sesame')).not.toContain('sesame');
    expect(hintAfter('cmp update --secret sesame')).not.toContain('sesame');
    expect(hintAfter('cmp update ca-psk my cert-name sesame')).not.toContain('sesame');
  });
});
