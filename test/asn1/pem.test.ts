import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { decodePem, encodePem, looksLikePem, findPemTexts } from '../../src/asn1/pem.ts';

const der = Uint8Array.from({ length: 100 }, (_, i) => i);
const text = encodePem('CERTIFICATE', der);

describe('encodePem()', () => {
  it('writes lines of 64 characters and a final newline', () => {
    const lines = text.split('\n');
    expect(lines[0]).toBe('-----BEGIN CERTIFICATE-----');
    expect(lines.slice(1, -2).map(({ length }) => length)).toEqual([64, 64, 8]);
    expect(lines.slice(-2)).toEqual(['-----END CERTIFICATE-----', '']);
  });
});

describe('decodePem()', () => {
  it.each([
    ['as it was written', text],
    ['with CRLF', text.replaceAll('\n', '\r\n')],
    ['with comments around it', `Certificate:\n  Data: - x -\n${text}trailing: text\n`],
    ['without a final newline', text.trimEnd()],
    ['with a byte order mark', `\ufeff${text}`],
    ['with lines of another length', text.replaceAll('\n', '\n\n')],
    ['with spaces at line ends', text.replaceAll('\n', '  \n')],
  ])('reads a block %s', (_, pem) => {
    expect(decodePem(pem)).toEqual([{ label: 'CERTIFICATE', der }]);
  });

  it('reads all blocks in order', () => {
    const blocks = decodePem(`${text}comment\n${encodePem('PRIVATE KEY', Uint8Array.of(1))}`);
    expect(blocks.map(({ label }) => label)).toEqual(['CERTIFICATE', 'PRIVATE KEY']);
    expect(blocks.map((block) => toHex(block.der))).toEqual([toHex(der), '01']);
  });

  it.each([
    ['no block', 'hello', 'no "-----BEGIN …-----" block'],
    ['a block without its end', text.slice(0, 100), 'no end line'],
    ['a block without its end after a good one', text + text.slice(0, 100), 'no end line'],
    ['a block within a block', `${text.slice(0, 93)}${text}`, 'no end line'],
    ['the end of another label', text.replace('END CERT', 'END X509 CERT'), 'no end line'],
    ['an empty block', '-----BEGIN X-----\n-----END X-----\n', 'not base64'],
    ['a character that is not base64', text.replace('AAEC', '!AEC'), 'not base64'],
    ['missing padding', text.replace('=', ''), 'not base64'],
    [
      'headers of an old encrypted key',
      text.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'),
      'headers',
    ],
  ])('refuses %s', (_, pem, why) => {
    expect(() => decodePem(pem)).toThrow(
      expect.objectContaining({ code: 'PEM_MALFORMED', message: expect.stringContaining(why) }),
    );
  });

  it.each([
    ['that lost its line ends', text.replaceAll('\n', '')],
    ['that lost its line ends behind a good one', text + text.replaceAll('\n', '')],
    ['in a block', `${text.slice(0, 93)}\n${text.replaceAll('\n', '')}`],
    ['whose last line is cut off', `${text.replaceAll('\n', '').slice(0, 100)}-----`],
  ])('refuses a block %s, and repeats nothing of it: it may be a key', (_, pem) => {
    const refused = expect.objectContaining({
      code: 'PEM_MALFORMED',
      message: expect.stringMatching(/^.{1,120}$/),
    });
    expect(() => decodePem(pem)).toThrow(refused);
    expect(() => decodePem(pem)).not.toThrow(text.slice(28, 38));
  });

  it('repeats no label that is longer than any', () => {
    expect(() => decodePem(`-----BEGIN ${'X'.repeat(100_000)}-----\n`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,120}$/) }),
    );
  });

  it('takes time in proportion to a hostile text', () => {
    expect(() => decodePem(`-----BEGIN X-----${'\n'.repeat(1_000_000)}`)).toThrow('no end line');
    expect(() => decodePem('-----BEGIN '.repeat(200_000))).toThrow('"-----BEGIN');
    expect(() => decodePem(`-----BEGIN ${'A-'.repeat(1_000_000)}`)).toThrow('"-----BEGIN');
  });
});

function blockOf(label: string): string {
  return `-----BEGIN ${label}-----\n${label}\n-----END ${label}-----`;
}

function labels(found: readonly { readonly label: string }[]): readonly string[] {
  return found.map(({ label }) => label);
}

describe('findPemTexts()', () => {
  it('finds blocks with what is in them, and where they begin', () => {
    expect(findPemTexts(`x\n${blockOf('A')}\n${blockOf('B')}\n`)).toEqual([
      { label: 'A', text: blockOf('A'), start: 2 },
      { label: 'B', text: blockOf('B'), start: 3 + blockOf('A').length },
    ]);
  });

  it('passes over what is not ended, ends too early or is not wanted', () => {
    const pem = `-----END A-----\n-----BEGIN C-----\n${blockOf('A')}\n${blockOf('B')}\n-----BEGIN A-----`;
    expect(labels(findPemTexts(pem))).toEqual(['A', 'B']);
    expect(labels(findPemTexts(pem, (label) => label === 'B'))).toEqual(['B']);
    const outer = `-----BEGIN C-----\n${blockOf('A')}\n-----END C-----`;
    expect(labels(findPemTexts(outer))).toEqual(['C']);
  });
});

describe('looksLikePem()', () => {
  it('tells text from DER', () => {
    expect(looksLikePem(utf8(text))).toBe(true);
    expect(looksLikePem(utf8(`0 comment\n${text}`))).toBe(true);
    expect(looksLikePem(Uint8Array.of(0x30, 0x00))).toBe(false);
  });
});
