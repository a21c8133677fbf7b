import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { maxConfigOctets } from '../../src/config/document.ts';
import { formatFault } from '../../src/config/fault.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { ConfigFile } from '../../src/config/schema.ts';

function parsed(text: string): ConfigFile {
  const { file, faults } = parseConfig(utf8(text));
  expect(faults.list()).toStrictEqual([]);
  return file ?? {};
}

function faultsOf(text: string): readonly string[] {
  return parseConfig(utf8(text)).faults.list().map(formatFault);
}

describe('parseConfig()', () => {
  it('takes what a value means from its key, and not from its looks', () => {
    const { certificates, ca } = parsed(`
certificates:
  NO:
    auto-update: 30
    deploy:
      2026-12-01: { key: /etc/1.0, cert: 0640, mode: 0640, owner: 0, key-mode: "600", group: no }
      1e3: { cert: /c, mode: 0o644 }
ca:
  on: { url: http://ra.example/, cert-profile: yes, reference: 0123, trust-capubs: yes, implicit-confirm: false }
`);
    expect(certificates?.['NO']).toStrictEqual({
      'auto-update': 30,
      deploy: {
        '2026-12-01': {
          key: '/etc/1.0',
          cert: '0640',
          mode: '640',
          owner: '0',
          'key-mode': '600',
          group: 'no',
        },
        '1e3': { cert: '/c', mode: '644' },
      },
    });
    expect(ca?.['on']).toMatchObject({
      'cert-profile': 'yes',
      reference: '0123',
      'trust-capubs': true,
      'implicit-confirm': false,
    });
  });

  it('takes one value or a list of them, JSON, a byte order mark, comments and anchors', () => {
    expect(parsed('\ufeff# nothing\n')).toStrictEqual({});
    expect(parsed('{"retention": {"history": 7}}')).toStrictEqual({ retention: { history: 7 } });
    const { ca } = parsed(`
ca:
  a: { url: http://a.example/, root: &r one.pem }
  b: { url: http://b.example/, root: [*r, two.pem] }
`);
    expect(ca?.['a']?.root).toStrictEqual(['one.pem']);
    expect(ca?.['b']?.root).toStrictEqual(['one.pem', 'two.pem']);
  });

  it('tells all that is wrong at once, with line and key, in the order of the file', () => {
    expect(
      faultsOf(`ca:
  rootA:
    urll: http://ra.example/
    pvno: 4
    secret: hunter2-secret
certificate: {}
retention:
  orphan-keys: 3d
  history: many
certificates:
  gw1: [1]
  gw2: { deploy: { web: { mod: 0640, cert: [a] } } }
  -gw: {}
`),
    ).toStrictEqual([
      'line 2, ca.rootA.url: it is missing',
      'line 3, ca.rootA.urll: "urll" is not a key here (Did you mean "url"?)',
      'line 4, ca.rootA.pvno: "4" is not a whole number from 2 to 3',
      'line 5, ca.rootA.secret: a secret itself has no place in this file; say where it is: file:PATH, env:NAME or cred:NAME',
      'line 6, certificate: "certificate" is not a key here (Did you mean "certificates"?)',
      'line 8, retention.orphan-keys: 3d is not from 30d to 3650d',
      'line 9, retention.history: "many" is not a whole number from 1 to 100000',
      'line 11, certificates.gw1: keys with values are wanted below it',
      'line 12, certificates.gw2.deploy.web.cert: a single value is wanted',
      'line 12, certificates.gw2.deploy.web.mod: "mod" is not a key here (Did you mean "mode"?)',
      'line 13, certificates.-gw: "-gw" is not a name: a letter or digit, then up to 63 letters, digits, ".", "_" or "-"',
    ]);
  });

  it.each([
    [
      'a key twice',
      'retention: {}\nca: {}\nretention: {}\n',
      'line 3, retention: it is there twice, first on line 1',
    ],
    ['a tab', 'ca:\n\trootA: {}\n', 'line 2: it is not YAML: Tabs are not allowed as indentation'],
    [
      'a key without a value',
      'ca:\nretention: {}\n',
      'line 1, ca: nothing follows it (Give a value, or leave the key out)',
    ],
    [
      'a value left out',
      'retention: { history: }\n',
      'line 1, retention.history: nothing follows it (Give a value, or leave the key out)',
    ],
    [
      'null',
      'retention: { history: null }',
      'line 1, retention.history: "null" is not a whole number from 1 to 100000',
    ],
    ['a tag', 'retention: { history: !!int 5 }', 'line 1: tags ("!") have no meaning here'],
    ['a second document', '--- {}\n--- {}\n', 'line 2: a second document begins here'],
    ['an unknown anchor', 'ca: *x\n', 'line 1, ca: there is no anchor "&x" before it'],
    ['a merge key', 'ca: { <<: {} }', 'line 1, ca.<<: "<<" has no meaning here'],
    [
      '__proto__',
      '__proto__: { retention: {} }',
      'line 1, __proto__: "__proto__" has no meaning here',
    ],
    ['a list as a key', '? [a]\n: b\n', 'line 1: a key is a plain word'],
    ['a list at the top', '- ca\n', 'line 1: keys with values are wanted below it'],
    ['a bare word', 'ca', 'line 1: keys with values are wanted below it'],
    [
      'an open bracket',
      'ca: {',
      'line 1: it is not YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    [
      'an escape',
      'cert-store: { location: "/a\\u001b[2J" }',
      'line 1, cert-store.location: there are control characters in it',
    ],
    [
      'a password in a URL',
      'ca: { a: { url: "http://u:hunter2@x/" } }',
      'line 1, ca.a.url: Cannot use a URL with a user name or password in it',
    ],
    [
      'a mode in decimal',
      'certificates: { a: { deploy: { b: { cert: /c, mode: 0o1777 } } } }',
      'line 1, certificates.a.deploy.b.mode: "0o1777" is no mode: give three octal digits, as in 0640',
    ],
    [
      'a duration without unit',
      'ca: { a: { url: "http://x/", deadline: 30 } }',
      'line 1, ca.a.deadline: "30" is not a duration, as in 90s, 12h or 30d',
    ],
  ])('refuses %s', (_what, text, fault) => {
    expect(faultsOf(text)).toStrictEqual([fault]);
  });

  it('refuses what is not UTF-8', () => {
    const { file, faults } = parseConfig(Uint8Array.of(0x63, 0x61, 0xff, 0xfe));
    expect(file).toBeUndefined();
    expect(faults.list()).toMatchObject([{ why: 'it is not UTF-8 text' }]);
  });

  it('never repeats what may be a secret', () => {
    const literal = 'correct horse battery';
    const text = `ca: { a: { url: http://x/, secret: ${literal}, proxy-password: [${literal}] } }`;
    expect(faultsOf(text)).toHaveLength(2);
    expect(faultsOf(text).join('\n')).not.toContain('horse');
  });

  it('stops at a bomb of aliases, at an anchor that holds itself and at nesting without end', () => {
    const levels = 'abcdefghi'.split('');
    const bomb = levels
      .map((name, i) => {
        const below = levels[i - 1];
        return `${name}: &${name} [${Array.from({ length: 9 }, () => (below ? `*${below}` : 'x')).join(', ')}]`;
      })
      .join('\n');
    expect(faultsOf(bomb)[0]).toContain('there are more than 400000 values in it');
    expect(faultsOf('ca: &a { b: *a }').join()).toContain('it is nested too deeply');
    expect(faultsOf('ca: &a [*a, *a]').join()).toContain('it is nested too deeply');
    expect(faultsOf('['.repeat(20_000)).join()).not.toBe('');
  });

  it('reads ten thousand certificates', () => {
    const text = `certificates:\n${Array.from({ length: 10_000 }, (_, i) => `  gw${i}: { auto-update: 30, deploy: { web: { key: /k/${i}, cert: /c/${i} } } }\n`).join('')}`;
    expect(text.length).toBeLessThan(maxConfigOctets);
    expect(Object.keys(parsed(text).certificates ?? {})).toHaveLength(10_000);
  });
});
