import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

function values(...argv: string[]): Record<string, unknown> {
  const invocation = parseCommandLine(argv, commands);
  if (invocation.type !== 'run') throw new Error(`parsed as ${invocation.type}`);
  return Object.fromEntries(invocation.values);
}

function refusal(...argv: string[]): CertError {
  try {
    parseCommandLine(argv, commands);
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
  throw new Error(`parsed: ${argv.join(' ')}`);
}

describe('parseCommandLine() repeats nothing that follows "="', () => {
  const add = ['ca', 'add', 'rootA', 'url', 'http://ra/'];

  it.each([
    ['after the keywords', [...add, 'reference', 'r', 'secret=hunter2']],
    ['where the name belongs', ['ca', 'add', 'secret=hunter2']],
    ['in a list of files', [...add, 'root', 'a.pem', 'secret=hunter2']],
    ['mistyped', [...add, 'secrt=hunter2']],
    ['after a secret', [...add, 'secret', 'env:S', 'secret=hunter2']],
    ['after --', [...add, '--', 'secret=hunter2']],
  ])('%s', (_, argv) => {
    const error = refusal(...argv);
    expect(`${error.message} ${error.hint}`).not.toContain('hunter2');
    expect(error.code).toBe('USAGE_INVALID');
  });

  it('and says how to write it', () => {
    const error = refusal(...add, 'secret=hunter2');
    expect(error.message).toBe('Cannot run "ca add": "secret=…" is not one of its parameters');
    expect(error.hint).toBe('Write "secret VALUE" or "--secret=VALUE"');
  });

  it('nor where no such command is', () => {
    expect(refusal('secret=hunter2').message).toBe('Cannot run "secret=…": no such command');
    expect(refusal('ca', 'secret=hunter2').message).not.toContain('hunter2');
  });

  it('but takes a value with "=" in it after its keyword', () => {
    expect(values(...add, 'root', 'secret=a.pem')).toMatchObject({ root: ['secret=a.pem'] });
  });
});
