import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import type { SecretSource } from '../../src/cli/secret.ts';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine, type Invocation } from '../../src/cli/parse.ts';

const initializeArgv: readonly string[] = (
  'cmp initialize modulus 2048 cert-name gw1 subject-name CN=gw1,O=Test ca-psk file:psk.txt ' +
  'ca-root rootA ca-url http://ra.example/pkix/'
).split(' ');

function parse(...argv: string[]): Invocation {
  return parseCommandLine(argv, commands);
}

function parseRun(...argv: string[]): Extract<Invocation, { type: 'run' }> {
  const invocation = parse(...argv);
  if (invocation.type !== 'run') throw new Error(`parsed as ${invocation.type}`);
  return invocation;
}

function values(...argv: string[]): Record<string, unknown> {
  return Object.fromEntries(parseRun(...argv).values);
}

function refusal(...argv: string[]): CertError {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
  throw new Error(`parsed: ${argv.join(' ')}`);
}

describe('parseCommandLine() takes both spellings', () => {
  const expected = {
    modulus: 2048,
    'cert-name': 'gw1',
    'subject-name': 'CN=gw1,O=Test',
    'ca-psk': { kind: 'file', path: 'psk.txt' },
    'ca-root': 'rootA',
    'ca-url': 'http://ra.example/pkix/',
  };
  const pairs = Array.from({ length: 6 }, (_, i) => [
    initializeArgv[2 + 2 * i] ?? '',
    initializeArgv[3 + 2 * i] ?? '',
  ]);

  it.each([
    ['the gateway keywords', [...initializeArgv]],
    [
      'Unix flags',
      ['cmp', 'initialize', ...pairs.flatMap(([word, value]) => [`--${word}`, `${value}`])],
    ],
    ['flags with =', ['cmp', 'initialize', ...pairs.map(([word, value]) => `--${word}=${value}`)]],
    ['any order', ['cmp', 'initialize', ...pairs.toReversed().flat()]],
    [
      'both mixed',
      ['cmp', 'initialize', ...pairs.flatMap(([w, v], i) => [i % 2 ? `--${w}` : `${w}`, `${v}`])],
    ],
    ['-- at the end', [...initializeArgv, '--']],
  ])('%s', (_, argv) => {
    expect(values(...argv)).toEqual(expected);
  });

  it.each([
    [['show', 'cert', 'full', 'gw1'], { full: true, 'cert-name': 'gw1' }],
    [['show', 'cert', 'gw1', '--full'], { full: true, 'cert-name': 'gw1' }],
    [['show', 'cert', '--cert-name', 'gw1'], { 'cert-name': 'gw1' }],
    [['show', 'cert', '--', 'full'], { 'cert-name': 'full' }],
    [['clear', 'cmp', 'cert-name', 'gw1'], { 'cert-name': 'gw1' }],
    [['clear', 'cmp', '--cert-name', 'gw1'], { 'cert-name': 'gw1' }],
    [['clear', 'cmp', '--cert-name=gw1'], { 'cert-name': 'gw1' }],
    [['cmp', 'cert-store', 'location', '/pem', 'key', 'reuse'], { location: '/pem', key: 'reuse' }],
    [
      ['cmp', 'update', 'current-cert', 'gw1', 'key-reuse'],
      { 'current-cert': 'gw1', 'key-reuse': true },
    ],
    [['ca', 'show'], {}],
    [['lab'], {}],
    [['lab', 'port', '0'], { port: 0 }],
    [['lab', 'approve', '7'], { id: 7 }],
    [['demo', 'keep'], { keep: true }],
    [['demo', '--keep'], { keep: true }],
  ])('%j', (argv, expected_) => {
    expect(values(...argv)).toEqual(expected_);
  });

  it('takes a value that looks like a keyword after its keyword', () => {
    expect(values('cmp', 'poll', 'current-cert', 'wait', 'wait', '2m')).toEqual({
      'current-cert': 'wait',
      wait: 120,
    });
  });

  it('collects a list from one keyword, from several, and up to the next keyword', () => {
    const add = ['ca', 'add', 'rootA', 'url', 'http://ra/', 'root', 'a.pem', 'b.pem'];
    expect(values(...add, 'cmp-root', 'c.pem', 'root', 'd.pem')).toMatchObject({
      root: ['a.pem', 'b.pem', 'd.pem'],
      'cmp-root': ['c.pem'],
    });
  });

  it('takes a file in a list that resembles a keyword when its own keyword is in front', () => {
    const add = ['ca', 'add', 'rootA', 'url', 'http://ra/', 'root', 'a.pem'];
    expect(refusal(...add, 'roots').hint).toContain('write "root roots"');
    expect(values(...add, 'root', 'roots')).toMatchObject({ root: ['a.pem', 'roots'] });
  });

  it('reads - as a file', () => {
    const argv = [...initializeArgv.slice(0, 2), ...initializeArgv.slice(4), 'key-file', '-'];
    expect(values(...argv)).toMatchObject({ 'key-file': '-' });
  });
});

describe('parseCommandLine() finds global options anywhere', () => {
  it.each([
    [['--json', 'show', 'cert', 'gw1']],
    [['show', '--json', 'cert', 'gw1']],
    [['show', 'cert', '--json', 'gw1']],
    [['show', 'cert', 'gw1', '--json']],
  ])('%j', (argv) => {
    const { globals, values: got } = parseRun(...argv);
    expect(globals.json).toBe(true);
    expect(got.get('cert-name')).toBe('gw1');
  });

  it('reads their values', () => {
    const { globals } = parseRun('--state', '/s', 'show', 'cert', '--store-key=env:KEY', '--yes');
    expect(globals).toEqual({
      json: false,
      quiet: false,
      verbose: false,
      yes: true,
      state: '/s',
      storeKey: { kind: 'env', name: 'KEY' },
    });
  });

  it.each([
    [
      ['cmp', 'initialize', '--help'],
      ['cmp', 'initialize'],
    ],
    [
      ['cmp', 'initialize', 'modulus', 'nonsense', '-h'],
      ['cmp', 'initialize'],
    ],
    [
      ['help', 'cmp', 'initialize'],
      ['cmp', 'initialize'],
    ],
    [['cmp', '--help'], ['cmp']],
    [['--help'], []],
  ])('%j asks for help', (argv, words) => {
    expect(parse(...argv)).toMatchObject({ type: 'help', asked: true, words });
  });

  it.each([
    [[], []],
    [['cmp'], ['cmp']],
    [
      ['show', 'cmp'],
      ['show', 'cmp'],
    ],
  ])('%j is a command begun and not finished', (argv, words) => {
    expect(parse(...argv)).toMatchObject({ type: 'help', asked: false, words });
  });
});

describe('parseCommandLine() refuses with one clear message', () => {
  it.each<[string, string[], string, string]>([
    [
      'a mistyped parameter',
      ['cmp', 'poll', 'curent-cert', 'gw1'],
      'Cannot run "cmp poll": "curent-cert" is not one of its parameters',
      'Did you mean "current-cert"?',
    ],
    [
      'a mistyped flag',
      ['cmp', 'poll', '--current-crt=gw1'],
      'Cannot run "cmp poll": "--current-crt" is not one of its parameters',
      'Did you mean "current-cert"?',
    ],
    [
      'a mistyped command',
      ['cmp', 'initalize'],
      'Cannot run "cmp initalize": no such command',
      'Did you mean "cmp initialize"?',
    ],
    [
      'swapped letters',
      ['shwo', 'cert'],
      'Cannot run "shwo": no such command',
      'Did you mean "show"?',
    ],
    [
      'words in the wrong order',
      ['cert', 'show'],
      'Cannot run "cert show": no such command',
      'Did you mean "show cert"?',
    ],
    [
      'a forgotten group',
      ['initialize', 'modulus', '2048'],
      'Cannot run "initialize": no such command',
      'Did you mean "cmp initialize"?',
    ],
    [
      'nothing like a command',
      ['frobnicate'],
      'Cannot run "frobnicate": no such command',
      'See certkeeper --help',
    ],
    [
      'a missing value at the end',
      ['cmp', 'poll', 'current-cert'],
      'Cannot run "cmp poll": the value of current-cert is missing',
      'Write "current-cert N"; see certkeeper cmp poll --help',
    ],
    [
      'a missing value before a flag',
      ['cmp', 'poll', '--current-cert', '--wait', '60s'],
      'Cannot run "cmp poll": the value of current-cert is missing',
      'Write "current-cert N"; see certkeeper cmp poll --help',
    ],
    [
      'a parameter given twice',
      ['cmp', 'poll', 'current-cert', 'a', '--current-cert', 'b'],
      'Cannot run "cmp poll": current-cert is given twice',
      'See certkeeper cmp poll --help',
    ],
    [
      'missing parameters',
      ['cmp', 'initialize', 'modulus', '2048'],
      'Cannot run "cmp initialize": cert-name and one of subject-name, no-subject, csr are missing',
      'See certkeeper cmp initialize --help',
    ],
    [
      'neither size nor type of the key',
      ['cmp', 'initialize', ...initializeArgv.slice(4)],
      'Cannot run "cmp initialize": one of modulus, key-type, key-file, key-as-asked, key-source, key-provider is missing',
      'See certkeeper cmp initialize --help',
    ],
    [
      'size and type of the key',
      [...initializeArgv, 'key-type', 'p-256'],
      'Cannot run "cmp initialize": modulus and key-type exclude each other',
      'See certkeeper cmp initialize --help',
    ],
    [
      'two credentials',
      [...initializeArgv, 'signer-cert', 'vendor'],
      'Cannot run "cmp initialize": ca-psk and signer-cert exclude each other',
      'See certkeeper cmp initialize --help',
    ],
    [
      'a modulus no key has',
      ['cmp', 'update', 'current-cert', 'gw1', 'modulus', '512'],
      'Cannot use "512" as modulus: out of range',
      'Give 1024, 2048, 3072 or 4096',
    ],
    [
      'a number that is none',
      ['lab', 'port', '0x50'],
      'Cannot use "0x50" as port: not a whole number',
      'Give a number from 0 to 65535',
    ],
    [
      'a duration without unit',
      ['cmp', 'poll', 'current-cert', 'gw1', 'wait', '60'],
      'Cannot use "60" as wait: the unit is missing',
      'Write 60s, 60m, 60h or 60d',
    ],
    [
      'a duration that is none',
      ['cmp', 'poll', 'current-cert', 'gw1', 'wait', 'soon'],
      'Cannot use "soon" as wait: not a duration',
      'Give a number and a unit, as in 90s, 12h or 30d',
    ],
    [
      'an unknown choice',
      ['cmp', 'update', 'current-cert', 'gw1', 'key-type', 'p256'],
      'Cannot use "p256" as key-type: not one of the choices',
      'Choose rsa-2048, rsa-3072, rsa-4096, p-256, p-384, p-521, ed25519 or ed448',
    ],
    [
      'a name that is a path',
      ['cmp', 'poll', 'current-cert', '../gw1'],
      'Cannot use "../gw1" as current-cert: not a name',
      'Start with a letter or digit, then up to 63 letters, digits, ".", "_" or "-"',
    ],
    [
      'a URL of another kind',
      ['ca', 'add', 'a', 'url', 'ftp://ra/', 'root', 'r'],
      'Cannot use "ftp://ra/" as url: "ftp:" is neither http nor https',
      'Give one like http://ra.example/pkix/',
    ],
    [
      'a URL with a space, and not what follows it',
      ['ca', 'add', 'a', 'url', 'http://ra/ s3cret', 'root', 'r'],
      'Cannot use "http://ra/ …" as url: it has a space',
      'Give one like http://ra.example/pkix/',
    ],
    [
      'a URL no request can be made with',
      ['ca', 'add', 'a', 'url', 'http://ra/ü', 'root', 'r'],
      'Cannot use "http://ra/ü" as URL: its path has spaces or non-ASCII characters',
      'Percent-encode them',
    ],
    [
      'a word too many',
      ['show', 'cert', 'gw1', 'gw2'],
      'Cannot run "show cert": "gw2" is not one of its parameters',
      'See certkeeper show cert --help',
    ],
    [
      'a value for a switch',
      ['show', 'cert', '--full=yes'],
      'Cannot run "show cert": --full is a switch and takes no value',
      'See certkeeper show cert --help',
    ],
    [
      '--state without a value',
      ['show', 'cert', '--state'],
      'Cannot use --state: its value is missing',
      'See certkeeper --help',
    ],
    [
      'an inherited property',
      ['show', 'cert', '--constructor'],
      'Cannot run "show cert": "--constructor" is not one of its parameters',
      'See certkeeper show cert --help',
    ],
  ])('%s', (_, argv, message, hint) => {
    const error = refusal(...argv);
    expect(error.message).toBe(message);
    expect(error.hint).toBe(hint);
    expect(['USAGE_INVALID', 'NAME_INVALID']).toContain(error.code);
  });

  it.each([
    ['a secret with spaces', [...initializeArgv.slice(0, 8), 'ca-psk', 'open', 'sesame']],
    [
      'a secret given twice',
      [...initializeArgv.slice(0, 8), 'ca-psk', 'sesame', 'ca-psk', 'sesame'],
    ],
    ['an empty reference', [...initializeArgv.slice(0, 8), 'ca-psk', ':sesame']],
    ['a mistyped flag with =', [...initializeArgv.slice(0, 8), '--ca-pks=sesame']],
    ['a mistyped keyword after a list', ['ca', 'add', 'a', 'root', 'r', 'sercet', 'sesame']],
    ['a secret with spaces before the label', ['ca', 'add', 'secret', 'open', '$sesame']],
    ['a URL with a password', ['ca', 'add', 'a', 'root', 'r', 'url', 'http://u:sesame@ra/']],
  ])('without repeating %s', (_, argv) => {
    const error = refusal(...argv);
    expect(`${error.message} ${error.hint}`).not.toContain('sesame');
  });
});

describe('parseCommandLine() reads secrets', () => {
  it.each<[string, Record<string, unknown>]>([
    ['file:psk.txt', { kind: 'file', path: 'psk.txt' }],
    ['gw1:file:psk.txt', { kind: 'file', path: 'psk.txt', reference: 'gw1' }],
    ['env:PSK', { kind: 'env', name: 'PSK' }],
    ['cred:psk', { kind: 'cred', name: 'psk' }],
    ['prompt', { kind: 'prompt' }],
    ['gw1:prompt', { kind: 'prompt', reference: 'gw1' }],
    ['sesame', { kind: 'literal' }],
    ['gw1:sesame', { kind: 'literal', reference: 'gw1' }],
  ])('%s', (text, expected) => {
    const argv = [...initializeArgv.slice(0, 8), 'ca-psk', text];
    const source = values(...argv)['ca-psk'];
    expect(source).toMatchObject(expected);
    expect(JSON.stringify(source)).not.toContain('sesame');
  });

  it('takes no reference in front of the secret of a CA profile', () => {
    const source = parseRun(
      'ca',
      'add',
      'a',
      'url',
      'http://ra/',
      'root',
      'r',
      'secret',
      'a:b',
    ).values.get('secret');
    expect(isLiteral(source) ? source.reveal() : undefined).toBe('a:b');
  });
});

type Literal = Extract<SecretSource, { kind: 'literal' }>;

function isLiteral(value: unknown): value is Literal {
  return typeof value === 'object' && value !== null && 'reveal' in value;
}
