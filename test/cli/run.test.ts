import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { commands } from '../../src/cli/grammar.ts';
import { helpText } from '../../src/cli/help.ts';
import { run, type OpenServices } from '../../src/cli/run.ts';
import { fakeIo } from './fake-io.ts';

function failing(error: unknown): OpenServices {
  return async () => {
    throw error;
  };
}

const noServices = failing(new Error('not asked for'));

describe('run()', () => {
  it('prints help on stdout when asked', async () => {
    const io = fakeIo();
    expect(await run(['--help'], io, noServices)).toBe(0);
    expect(io.out()).toContain('cmp initialize');
    expect(io.err()).toBe('');
  });

  it('prints help on stderr and exits 2 when nothing, or half a command, was typed', async () => {
    for (const argv of [[], ['show', 'cmp']]) {
      const io = fakeIo();
      expect(await run(argv, io, noServices)).toBe(2);
      expect(io.err()).toContain('show cmp history');
      expect(io.out()).toBe('');
    }
  });

  it.each([
    [['cmp', 'inizialize', '--help'], 'Did you mean "cmp initialize"?'],
    [['help', 'shwo'], 'Did you mean "show"?'],
  ])('does not explain %j, which is no command', async (argv, hint) => {
    const io = fakeIo();
    expect(await run(argv, io, noServices)).toBe(2);
    expect(io.err()).toContain(`hint: ${hint}\n`);
    expect(io.out()).toBe('');
  });

  it('names all that is missing at once, the choice of a key too', async () => {
    const io = fakeIo();
    expect(await run(['cmp', 'initialize'], io, noServices)).toBe(2);
    expect(io.err()).toContain(
      'cert-name, one of modulus, key-type, key-file, key-as-asked, key-source, key-provider and one of subject-name, no-subject, csr are missing',
    );
  });

  it('prints the version of the package', async () => {
    const io = fakeIo();
    expect(await run(['--version'], io, noServices)).toBe(0);
    expect(io.out()).toMatch(/^certkeeper \d+\.\d+\.\d+\n$/);
  });

  it('prints an error with its hint, transactionID and code on stderr, and exits with its exit code', async () => {
    const io = fakeIo();
    const error = new CertError('CMP_REJECTED', 'Cannot get "gw1": the CA said "no\u001b[2J"', {
      hint: 'Ask the CA',
      transactionID: 'abcd',
    });
    expect(await run(['clear', 'cmp', 'statistics'], io, failing(error))).toBe(7);
    expect(io.err()).toBe(
      'error: Cannot get "gw1": the CA said "no\\u001b[2J"\nhint: Ask the CA\ntransactionID: abcd\ncode: CMP_REJECTED\n',
    );
    expect(io.out()).toBe('');
  });

  it('prints an error as JSON on stdout with --json, wherever it stands', async () => {
    for (const argv of [
      ['--json', 'show', 'cert', '--nonsense'],
      ['show', 'cert', '--nonsense', '--json'],
    ]) {
      const io = fakeIo();
      expect(await run(argv, io, noServices)).toBe(2);
      expect(JSON.parse(io.out())).toEqual({
        schemaVersion: 1,
        error: {
          code: 'USAGE_INVALID',
          message: 'Cannot run "show cert": "--nonsense" is not one of its parameters',
          hint: 'See certkeeper show cert --help',
          exitCode: 2,
        },
      });
      expect(io.err()).toBe('');
    }
  });

  it('calls anything unexpected a bug, with the stack only on request', async () => {
    const quiet = fakeIo();
    expect(
      await run(['clear', 'cmp', 'statistics'], quiet, failing(new TypeError('x is undefined'))),
    ).toBe(1);
    expect(quiet.err()).toContain('this is a bug in certkeeper: TypeError: x is undefined');
    expect(quiet.err()).not.toContain('    at ');
    const loud = fakeIo();
    await run(
      ['clear', 'cmp', 'statistics', '--verbose'],
      loud,
      failing(new TypeError('x is undefined')),
    );
    expect(loud.err()).toContain('caused by TypeError: x is undefined\n    at ');
  });
});

describe('help', () => {
  it.each(commands.map((command) => [command.words.join(' '), command] as const))(
    'explains %s with every parameter',
    (_, command) => {
      const text = helpText(command.words, commands, Infinity);
      expect(text).toContain(`Usage: certkeeper ${command.words.join(' ')}`);
      for (const [word, parameter] of Object.entries(command.parameters)) {
        expect(text).toContain(parameter.summary);
        expect(text).toContain(parameter.positional === true ? 'Parameters' : word);
      }
    },
  );

  it('shows alternatives, what is optional, units and defaults', () => {
    const text = helpText(['cmp', 'initialize'], commands, Infinity);
    expect(text).toContain(
      ' (modulus N | key-type T | key-file FILE | key-as-asked | key-source central | key-provider pkcs11:URI) [key-password SECRET] [allow-cleartext-key] [popo signature|encrypted-certificate] cert-name N ',
    );
    expect(text).toContain('[ca-psk [REF:]SECRET | signer-cert N]');
    expect(text).toContain('(1024, 2048, 3072, 4096 bits)');
    expect(text).toContain('(duration; default 60s)');
    expect(text).toContain('Example\n  certkeeper cmp initialize modulus 2048');
  });

  it('lists the commands of a group', () => {
    const text = helpText(['cmp'], commands, Infinity);
    expect(text).toContain('cmp enroll');
    expect(text).not.toContain('ca add');
  });
});

describe('the grammar', () => {
  it('has no two commands with the same words', () => {
    const words = commands.map((command) => command.words.join(' '));
    expect(new Set(words).size).toBe(words.length);
  });

  it('gives every command, parameter and example one sentence without a full stop', () => {
    for (const command of commands) {
      const sentences = [command, ...Object.values(command.parameters)].map((x) => x.summary);
      for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*[^.]$/);
    }
  });
});
