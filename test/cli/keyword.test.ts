import { describe, expect, it } from 'vitest';
import { candidatesFor } from '../../src/cli/completion.ts';
import { advance, startOf, type Position } from '../../src/cli/completion-walk.ts';
import { certificateCommands } from '../../src/cli/grammar-certificate.ts';
import { followingWords, keywordAt, keywordOfOption } from '../../src/cli/keyword.ts';
import { certificateNameParameters as table } from '../../src/cli/parameters-certificate.ts';
import { expand } from '../../src/cli/shell/expand.ts';
import { explain } from '../../src/cli/shell/explain.ts';
import { withoutSecrets } from '../../src/cli/shell/redact.ts';
import { splitLine } from '../../src/cli/shell/words.ts';

const live = { names: async () => [], env: {} };

function words(line: string): ReturnType<typeof splitLine>['words'] {
  return splitLine(line).words;
}

function after(line: string): Position {
  return words(line).reduce(
    (at, word) => advance(at, word, true).position,
    startOf(certificateCommands),
  );
}

async function completed(line: string, typed: string): Promise<readonly string[]> {
  const found = await candidatesFor(after(line), typed, live);
  return found.map(({ text }) => text);
}

describe('a keyword of several words', () => {
  it.each([
    ['private-key pem encrypted data X', 'private-key pem encrypted data'],
    ['private-key pem data X', 'private-key pem data'],
    ['pem data X', 'pem data'],
    ['cert-enc cert-hash-url', 'cert-enc'],
    ['pem', undefined],
    ['pem X data', undefined],
    ['data', undefined],
  ])('is found at the beginning of "%s"', (line, keyword) => {
    expect(keywordAt(table, line.split(' '), 0)).toBe(keyword);
  });

  it('is one word as an option', () => {
    expect(keywordOfOption(table, 'private-key-pem-data')).toBe('private-key pem data');
    expect(keywordOfOption(table, 'pem')).toBeUndefined();
    expect(keywordOfOption(table, 'pem data')).toBeUndefined();
    expect(keywordOfOption(table, 'constructor')).toBeUndefined();
  });

  it('says what follows', () => {
    expect(followingWords(table, ['private-key'])).toEqual(['pem']);
    expect(followingWords(table, ['private-key', 'pem'])).toEqual(['data', 'encrypted', 'url']);
    expect(followingWords(table, ['replace'])).toEqual([]);
  });

  it('is completed word by word', async () => {
    expect(await completed('certificate name gw1', 'p')).toEqual([
      'pem',
      'private-key',
      'password',
    ]);
    expect(await completed('certificate name gw1 private-key', '')).toEqual(['pem']);
    expect(await completed('certificate name gw1 private-key pem', '')).toEqual([
      'data',
      'encrypted',
      'url',
    ]);
    expect(await completed('certificate name gw1 der url x', 'pem')).toEqual([]);
    expect(await completed('certificate name gw1', '--private')).toEqual([
      '--private-key-pem-data',
      '--private-key-pem-encrypted-data',
      '--private-key-pem-url',
    ]);
  });

  it('is explained by what is left of it', async () => {
    const shown = await explain(
      words('certificate name gw1 private-key pem'),
      '',
      certificateCommands,
      live,
      80,
    );
    expect(shown).toMatch(/^ {2}data PEM +Its private key as PEM/);
    expect(shown).toContain('encrypted data PEM');
    expect(shown).not.toContain('der url');
    expect(shown).not.toContain('<Enter>');
  });

  it('is abbreviated word by word', () => {
    const line = 'certificate name gw1 de u /a priv p u /b';
    expect(expand(words(line), certificateCommands)).toEqual(
      'certificate name gw1 der url /a private-key pem url /b'.split(' '),
    );
    expect(() =>
      expand(words('certificate name gw1 private-key pem x'), certificateCommands),
    ).not.toThrow();
    expect(() => expand(words('certificate name gw1 p url /a'), certificateCommands)).toThrow(
      'short for: pem, private-key, password',
    );
  });

  it.each([
    [
      'the certificate',
      'certificate name gw1 pem data "MII secret"',
      'certificate name gw1 pem data prompt',
    ],
    [
      'the key',
      'certificate name gw1 private-key pem data MII replace',
      'certificate name gw1 private-key pem data prompt replace',
    ],
    [
      'its place',
      'certificate name gw1 private-key pem data file:k',
      'certificate name gw1 private-key pem data file:k',
    ],
    ['a mistyped keyword', 'certificate name gw1 private-key pem dtaa MII', undefined],
    ['a URL with a password', 'certificate name gw1 pem url ftp://me:pw@host/x', undefined],
  ])('lets the history keep nothing of a secret: %s', (_, line, kept) => {
    expect(withoutSecrets(line, certificateCommands)).toBe(kept);
  });
});
