import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { expand } from '../../src/cli/shell/expand.ts';
import { shellTable } from '../../src/cli/shell/session.ts';
import { splitLine } from '../../src/cli/shell/words.ts';

const table = shellTable({ open: [], isOver: false });

function expanded(line: string): string {
  return expand(splitLine(line).words, table).join(' ');
}

function errorOf(work: () => unknown): CertError {
  try {
    work();
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('abbreviation', () => {
  it.each([
    ['sh cmp hist', 'show cmp history'],
    ['sh cmp hist lim 5', 'show cmp history limit 5'],
    [
      'cmp init mod 2048 cert-n gw1 subj CN=gw1',
      'cmp initialize modulus 2048 cert-name gw1 subject-name CN=gw1',
    ],
    ['cmp upd cur gw1 key-r', 'cmp update current-cert gw1 key-reuse'],
    ['cmp init key-t p-3', 'cmp initialize key-type p-384'],
    ['cl cmp stat', 'clear cmp statistics'],
    ['no cmp cert-s', 'no cmp cert-store'],
    ['lab req al', 'lab requests all'],
    ['hel cmp init', 'help cmp initialize'],
    ['conf', 'config'],
    ['confi t', 'config terminal'],
    ['configu', 'configure'],
    ['cont local', 'context local'],
    // A value is never an abbreviation of anything.
    ['cmp poll cur cmp', 'cmp poll current-cert cmp'],
    ['ca add r url http://x/', 'ca add r url http://x/'],
    ['clear cmp cert-name c', 'clear cmp cert-name c'],
    // Whole words go before longer ones.
    ['cmp init key-type p-256', 'cmp initialize key-type p-256'],
    ['show cert full', 'show cert full'],
    // The flag form is left alone, and so is what makes no sense.
    ['show cmp history --limit 3 --js', 'show cmp history --limit 3 --js'],
    ['cmp zzz mod', 'cmp zzz mod'],
    ['--json sh cert', '--json show cert'],
    ['--state /tmp sh cert', '--state /tmp show cert'],
    ['sh --json cert', 'show --json cert'],
  ])('makes of %j: %j', (line, words) => {
    expect(expanded(line)).toBe(words);
  });

  it.each([
    ['cmp init ca r', ['ca-psk', 'ca-root', 'ca-url']],
    ['c', ['cmp', 'clear', 'ca', 'configure', 'context']],
    ['cmp init key-type p', ['p-256', 'p-384', 'p-521']],
    ['lab ap', ['approve', 'approval']],
  ])('lists what %j is short for', (line, words) => {
    const { code, message } = errorOf(() => expanded(line));
    expect(code).toBe('USAGE_INVALID');
    for (const word of words) expect(message).toContain(word);
  });

  it('does not guess between a keyword and a name or a list', () => {
    expect(errorOf(() => expanded('show cert f')).message).toContain('or a value of cert-name');
    expect(expanded('show cert "f"')).toBe('show cert f');
    expect(errorOf(() => expanded('ca add L root a.pem sec x')).message).toContain(
      'secret, or a value of root',
    );
    expect(expanded('ca add L root a.pem secret x')).toBe('ca add L root a.pem secret x');
    expect(expanded('ca add L root a.pem "sec"')).toBe('ca add L root a.pem sec');
  });

  it('takes a quoted keyword as the value it is meant to be', () => {
    expect(expanded('show cert "full"')).toBe('show cert --cert-name=full');
  });

  it('is for the shell only: a command line of a script keeps its meaning when commands are added', () => {
    expect(() => parseCommandLine(['sh', 'cmp', 'hist'], table)).toThrow('no such command');
    expect(() => parseCommandLine(['show', 'cmp', 'history', 'lim', '5'], table)).toThrow(
      '"lim" is not one of its parameters',
    );
  });
});

// Section 1 of the product's description: what a gateway's operator types.
const forms = [
  'cmp initialize modulus 2048 cert-name gw1 subject-name "CN=gw1,O=Test" ca-psk file:psk.txt ca-root rootA ca-url http://ra.example/pkix/',
  'cmp initialize --modulus 2048 --cert-name gw1 --subject-name "CN=gw1,O=Test" --ca-psk file:psk.txt --ca-root rootA --ca-url http://ra.example/',
  'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1 signer-cert vendor ca-root rootA wait 0',
  'cmp initialize key-file gw1.key cert-name gw1 subject-name CN=gw1 san dns:gw1.example ip:192.0.2.1 ca-psk gw1:file:psk.txt',
  'cmp enroll current-cert gw1 modulus 2048 subject-name CN=gw2 cert-name gw2 ca-root rootA ca-url http://ra.example/',
  'cmp update current-cert gw1 modulus 2048 ca-root rootA ca-url http://ra.example/ wait 5m',
  'cmp update current-cert gw1 key-reuse',
  'cmp poll current-cert gw1',
  'cmp fetch current-cert gw1 ca-root rootA',
  'cmp request csr gw1.csr cert-name gw1',
  'cmp revoke current-cert gw1',
  'cmp auto-update current-name gw1 ca-root rootA time 30',
  'no cmp auto-update current-name gw1',
  'cmp auto-fetch current-name gw1 ca-root rootA time 30',
  'no cmp auto-fetch current-name gw1',
  'cmp cert-store location /etc/ipsec.d key reuse',
  'no cmp cert-store',
  'cmp cert-trap time 168 repeat 24',
  'no cmp cert-trap',
  'show cmp outstanding-req',
  'show cmp statistics',
  'show cmp history',
  'clear cmp cert-name gw1',
  'clear cmp statistics',
  'show cert',
  'show cert full',
  'show cert gw1',
  'show cert full gw1',
  'certificate name gw1 pem url /tmp/gw1.crt private-key pem url /tmp/gw1.key',
  'no certificate name gw1',
  'crypto rsa-keygen modulus 2048 id-type fqdn id gw1.example subject-name CN=gw1',
  'crypto map P ikev2-ipv4',
  'crypto template P ikev2-dynamic',
  'crypto map P ikev2-ipv4 ocsp nonce ca-crl list ca-crl-name crl1',
  'show crypto policy P',
  'verify peer.pem ca rootA policy P',
  'ca add rootA url http://ra.example/ root root.pem reference gw1 secret prompt',
  'ca show',
  'ca show rootA',
  'ca remove rootA',
  'ca-crl name crl1 der url http://crl.example/ca.crl',
  'no ca-crl name crl1',
  'show ca-crl all',
  'show ocsp',
  'ocsp verify-object hq signing-certs responder',
  'no ocsp verify-object hq',
  'show alarms',
  'show snmp',
  'decode message.der',
  'doctor',
  'lab requests',
  'lab approve 3',
  'lab deny 3 reason "not this one"',
  'demo keep',
];

function isThere(line: string): boolean {
  const path = splitLine(line).words.map(({ text }) => text);
  return table.some((command) => command.words.every((word, i) => path[i] === word));
}

describe('the commands a gateway has', () => {
  it.each(forms.filter(isThere))('takes %s', (line) => {
    const { words } = splitLine(line);
    expect(parseCommandLine(expand(words, table), table)).toMatchObject({ type: 'run' });
  });

  it.each(['frobnicate gw1', ...forms.filter((line) => !isThere(line))])(
    'says of %s that there is no such command, and what to do',
    (line) => {
      const { words } = splitLine(line);
      const { message, hint } = errorOf(() => parseCommandLine(expand(words, table), table));
      expect(message).toContain('no such command');
      expect(hint).toMatch(/^(?:See certkeeper|Did you mean) /);
    },
  );
});
