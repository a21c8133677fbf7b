import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

describe('--version', () => {
  it.each([[['--version']], [['--json', '--version']], [['show', 'cert', '--version']]])(
    'of %j is that of the program',
    (argv) => {
      expect(parseCommandLine(argv, commands).type).toBe('version');
    },
  );

  it.each([
    [['cert', 'restore', 'gw1', '--version', '3']],
    [['cert', 'restore', '--version=3', '--cert-name', 'gw1', '--json']],
    [['cert', 'export', 'gw1', '--version', '3']],
  ])('of %j is that of a certificate', (argv) => {
    const invocation = parseCommandLine(argv, commands);
    expect(invocation.type === 'run' && Object.fromEntries(invocation.values)).toMatchObject({
      'cert-name': 'gw1',
      version: 3,
    });
  });
});
