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

describe('parseCommandLine() says how to write what is missing', () => {
  it.each([
    ['cmp auto-update current-name gw1', 'Add "time DAYS"; see certkeeper cmp auto-update --help'],
    [
      'staple responder listen',
      'Add "ADDRESS:PORT"; see certkeeper staple responder listen --help',
    ],
    [
      'crypto map gateways ca rootA',
      'Add ikev2-ipv4 or ikev2-ipv6; see certkeeper crypto map --help',
    ],
    [
      'crypto map gateways ikev2-ipv4 ocsp-cert-validator hq ca-crl a',
      'Write "ca-crl list ca-crl-name L…"; see certkeeper crypto map --help',
    ],
    ['cmp poll current-cert', 'Write "current-cert N"; see certkeeper cmp poll --help'],
  ])('%s', (line, hint) => {
    expect(hintAfter(line)).toBe(hint);
  });
});

describe('parseCommandLine() finds what a value is of that has no keyword', () => {
  it.each([
    ['notify log events events.jsonl', 'Did you mean "file events.jsonl"?'],
    ['agent plan 7', 'Did you mean "days 7"?'],
    ['staple add gw1 listener', 'Did you mean "target listener"?'],
  ])('%s', (line, hint) => {
    expect(hintAfter(line)).toBe(hint);
  });

  it('and guesses no other word while one that is needed is missing', () => {
    expect(hintAfter('staple add gw1 web listener')).toBe('See certkeeper staple add --help');
  });
});

describe('parseCommandLine() finds the command that was meant', () => {
  it.each([
    ['no ca-crl rootA', 'Did you mean "no ca-crl name rootA"?'],
    ['status', 'Did you mean "agent status"?'],
    ['show statistics', 'Did you mean "show cmp statistics" or "show crypto statistics"?'],
  ])('%s', (line, hint) => {
    expect(hintAfter(line)).toBe(hint);
  });
});
