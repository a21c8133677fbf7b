import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_LINES, openHistory } from '../../src/cli/shell/history.ts';
import { withoutSecrets } from '../../src/cli/shell/redact.ts';
import { shellTable } from '../../src/cli/shell/session.ts';

const table = shellTable({ open: [], isOver: false });

describe('withoutSecrets()', () => {
  it.each([
    ['cmp init mod 2048 ca-psk gw1:s3cret', 'cmp init mod 2048 ca-psk gw1:prompt'],
    ['cmp init ca-psk "s3 cret" mod 2048', 'cmp init ca-psk prompt mod 2048'],
    ['ca add L secret s3cret url http://x/', 'ca add L secret prompt url http://x/'],
    ['ca add L --secret=s3cret', 'ca add L --secret=prompt'],
    ['ca add L --secret s3cret', 'ca add L --secret prompt'],
    ['show cert --store-key s3cret', 'show cert --store-key prompt'],
    ['show cert --store-key=s3cret', 'show cert --store-key=prompt'],
    ['certkeeper ca add L secret s3cret', 'certkeeper ca add L secret prompt'],
    ['lab sec device-0001:s3cret', 'lab sec device-0001:prompt'],
    ['lab secret a:one b:two', 'lab secret a:prompt b:prompt'],
  ])('makes of %j: %j', (line, kept) => {
    expect(withoutSecrets(line, table)).toBe(kept);
  });

  it.each([
    'cmp init ca-psk gw1:file:psk.txt',
    'ca add L secret prompt',
    'ca add L secret env:PSK',
    'show cert "gw1"',
    'cmp poll ?',
    'ca add rootA url http://ra.example/ root root.pem other.pem',
    'cmp init subj "CN=gw1,O=Test" san dns:gw1 ip:192.0.2.1',
  ])('keeps %j as it is', (line) => {
    expect(withoutSecrets(line, table)).toBe(line);
  });

  it.each([
    ['a keyword is mistyped', 'cmp init ca-pks s3cret'],
    ['a secret was not quoted', 'ca add secret my s3cret'],
    ['it is written with "="', 'ca add secret=s3cret'],
    ['an abbreviation is ambiguous', 'cmp init ca s3cret'],
    ['a keyword is mistyped in a list', 'ca add L root a.pem secrt s3cret'],
    ['it is written with "=" in a list', 'ca add L root a.pem secret=s3cret'],
    ['the value before it was forgotten', 'ca add reference secret s3cret'],
    ['the value before it was forgotten', 'ca add reference sec s3cret'],
    ['a URL holds a password', 'ca add L url http://me:s3cret@ra.example/'],
    ['the URL of a file does', 'cert import cert-name a file sftp://me:s3cret@host/a.pem'],
    ['a PKCS #11 URI holds a PIN', 'cmp update OLD key-provider pkcs11:token=t?pin-value=s3cret'],
    ['a URI of a token holds a PIN', 'crypto token check pkcs11:token=t?PIN-value=s3cret'],
    ['a quote is open', 'ca add L secret "s3cret'],
    ['it has more than one line', 'ca add L secret "s3\ncret"'],
  ])('keeps nothing where %s', (_, line) => {
    expect(withoutSecrets(line, table)).toBeUndefined();
  });
});

/** Every place of the table where a secret can be typed. */
const places = table.flatMap(({ words, parameters }) =>
  Object.entries(parameters)
    .filter(([, { type }]) => type === 'secret')
    .map(([word]) => [words.join(' '), word] as const),
);

describe('a secret', () => {
  it.each(places)('of %s %s is in no line that is kept, however it is typed', (command, word) => {
    const mistyped = `${word.slice(0, 3)}${word.slice(4)}`;
    const swapped = `${word.slice(0, -2)}${word.at(-1) ?? ''}${word.at(-2) ?? ''}`;
    const lines = [word, `--${word}`, mistyped, swapped, `--${mistyped}`].flatMap((typed) => [
      `${command} ${typed} hunter2`,
      `${command} ${typed} ref:hunter2`,
      `${command} ${typed}=hunter2`,
      `${command} ${typed} "a hunter2"`,
      `${command} ${typed} a hunter2`,
      `${command} gw1 ${typed} hunter2`,
      `${command} gw1 root a.pem ${typed} hunter2`,
      `${command} san dns:a ${typed} hunter2`,
      `${command} reference ${typed} hunter2`,
      `${command} wait ${typed} hunter2`,
      `certkeeper --json ${command} ${typed} hunter2 --quiet`,
    ]);
    const leaks = lines.filter((line) => withoutSecrets(line, table)?.includes('hunter2'));
    expect(leaks).toEqual([]);
  });
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'certkeeper-history-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('openHistory()', () => {
  it('writes to a file of mode 0600, and reads it newest first', () => {
    const state = directory();
    const history = openHistory(state);
    history.add('one', 'one');
    history.add('two s3cret', 'two prompt');
    const path = join(state, 'shell_history');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo prompt\n');
    expect(openHistory(state).lines).toEqual(['two prompt', 'one']);
  });

  it('remembers a line that must not be written until it ends', () => {
    const state = directory();
    const history = openHistory(state);
    history.add('cmp init ca-pks s3cret', undefined);
    expect(history.lines).toEqual(['cmp init ca-pks s3cret']);
    expect(openHistory(state).lines).toEqual([]);
  });

  it('keeps the last lines of a long file', () => {
    const state = directory();
    const path = join(state, 'shell_history');
    const lines = Array.from({ length: 3 * MAX_LINES }, (_, i) => `line ${i}`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    expect(openHistory(state).lines).toHaveLength(MAX_LINES);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(MAX_LINES + 1);
    expect(openHistory(state).lines[0]).toBe(`line ${3 * MAX_LINES - 1}`);
  });

  it('follows no link, and makes no state directory', () => {
    const state = directory();
    const target = join(state, 'target');
    writeFileSync(target, 'kept\n');
    symlinkSync(target, join(state, 'shell_history'));
    openHistory(state).add('show cert', 'show cert');
    expect(readFileSync(target, 'utf8')).toBe('kept\n');
    const none = join(state, 'none');
    openHistory(none).add('show cert', 'show cert');
    expect(openHistory(none).lines).toEqual([]);
  });
});
