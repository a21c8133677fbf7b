import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

function values(line: string): Record<string, unknown> {
  const invocation = parseCommandLine(line.split(' '), commands);
  if (invocation.type !== 'run') throw new Error(`parsed as ${invocation.type}`);
  return Object.fromEntries(invocation.values);
}

function refusal(line: string): CertError {
  try {
    parseCommandLine(line.split(' '), commands);
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
  throw new Error(`parsed: ${line}`);
}

describe('what is called like a word of its command', () => {
  it.each([
    ['crypto map ocsp ikev2-ipv4 ca rootA', 'name ocsp'],
    ['crypto map deadline ikev2-ipv4 ca rootA', 'name deadline'],
    ['crypto template revocation ikev2-dynamic', 'name revocation'],
    ['no crypto map ocsp', 'name ocsp'],
    ['no crypto map deadline', 'name deadline'],
    ['ocsp verify-object timeout verify-others off', 'name timeout'],
    ['ca-crl name url der url http://crl.example/a', 'name url'],
  ])('is told how to be written: %s', (line, meant) => {
    const error = refusal(line);
    expect(error.hint).toContain(`write "${meant}"`);
    const [command, word = ''] = [line, meant.split(' ')[1]];
    const written = command
      .replace(` ${word} `, ` ${meant} `)
      .replace(/ (\S+)$/, (last, end) => (end === word ? ` ${meant}` : last));
    expect(values(written)).toMatchObject({ name: word });
  });

  it.each(['verify-object', 'all', 'der', 'name'])('may be %s where that is no word', (word) => {
    expect(values(`show ca-crl name ${word}`)).toEqual({ name: word });
    expect(values(`show ocsp verify-object ${word}`)).toEqual({ 'verify-object': word });
  });

  it.each([
    ['crypto map gw ikev2-ipv4 ca rootA ca-crl rootA', 'Write "ca-crl list ca-crl-name …"'],
    ['crypto map gw ikev2-ipv4 ca rootA ca-crl-name rootA', 'Write "ca-crl list ca-crl-name …"'],
    ['crypto map gw ikev2-ipv4 ca rootA ocsp on', 'Leave out "on"'],
    ['crypto map gw ikev2-ipv4 ca rootA ocsp off', 'Leave out "ocsp off"'],
    ['ocsp verify-object hq timeout 2s', 'Give a number of ms from 1 to'],
    ['show ocsp hq', 'Did you mean "verify-object hq"?'],
    ['show ca-crl rootA', 'Did you mean "name rootA"?'],
    ['ca-crl name a der http://crl.example/a', 'Write the keyword before it: "url …"'],
    ['no crypto policy gw', 'Did you mean "no crypto map"?'],
    ['show crypto map', 'Did you mean "show crypto policy"?'],
    ['show crypto template gw', 'Did you mean "show crypto policy"?'],
    ['show policy', 'Did you mean "show crypto policy"?'],
  ])('is told what to write in place of "%s"', (line, hint) => {
    expect(refusal(line).hint).toContain(hint);
  });

  it('leaves the hints of other mistakes', () => {
    expect(refusal('crypto map gw ikev2-ipv4 deadline soon').hint).not.toContain('is a word of');
    expect(refusal('ca remove').hint).not.toContain('is a word of');
  });
});
