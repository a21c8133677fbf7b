import { describe, expect, it } from 'vitest';
import { auditArguments } from '../../src/cli/audit-arguments.ts';
import { defineCommand } from '../../src/cli/command.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';

const parameters = {
  'cert-name': { type: 'label', summary: '' },
  secret: { type: 'secret', summary: '' },
  'ca-psk': { type: 'secret', withReference: true, summary: '' },
  url: { type: 'url', summary: '' },
  file: { type: 'file', summary: '' },
  'key pem data': { type: 'secret', summary: '' },
  san: { type: 'text', many: true, summary: '' },
  wait: { type: 'duration', summary: '' },
  modulus: { type: 'integer', min: 1, max: 9999, summary: '' },
  later: { type: 'flag', summary: '' },
  command: { type: 'text', isProgram: true, many: true, positional: true, summary: '' },
} as const;

const command = defineCommand({
  words: ['try'],
  changes: 'store',
  summary: '',
  parameters,
  load: async () => ({ run: async () => 0 }),
});

function written(...words: readonly string[]): readonly (readonly [string, string])[] {
  return auditArguments(parameters, parseArguments(command, words, []));
}

function program(...words: readonly string[]): readonly (readonly [string, string])[] {
  return auditArguments(parameters, parseArguments(command, [], words));
}

describe('auditArguments()', () => {
  it('has the arguments as they were typed', () => {
    expect(
      written(
        'wait',
        '300s',
        'later',
        'san',
        'dns:a',
        'dns:b',
        'cert-name',
        'gw1',
        'modulus',
        '2048',
      ),
    ).toStrictEqual([
      ['wait', '5m'],
      ['later', ''],
      ['san', 'dns:a'],
      ['san', 'dns:b'],
      ['cert-name', 'gw1'],
      ['modulus', '2048'],
    ]);
  });

  it.each([
    ['file:psk.txt', 'file:psk.txt'],
    ['env:PSK', 'env:PSK'],
    ['cred:psk', 'cred:psk'],
    ['prompt', 'prompt'],
    ['hunter2', '(given)'],
    ['gw1:hunter2', '(given)'],
  ])('says only where the secret %s came from', (typed, shown) => {
    expect(written('secret', typed)).toStrictEqual([['secret', shown]]);
  });

  it.each([
    ['gw1:hunter2', 'gw1:(given)'],
    ['gw1:file:psk.txt', 'gw1:file:psk.txt'],
    ['gw1:prompt', 'gw1:prompt'],
    ['hunter2', '(given)'],
  ])('shows the reference value of %s', (typed, shown) => {
    expect(written('ca-psk', typed)).toStrictEqual([['ca-psk', shown]]);
  });

  it.each([
    ['sftp://u:hunter2@host/k.pem', 'sftp://(given)@host/k.pem'],
    ['ftp://u:hun/t@er2@host/k.pem', 'ftp://(given)@host/k.pem'],
    ['ftp://:hunter2@host/', 'ftp://(given)@host/'],
    ['uri:http://u:hunter2@host/', 'uri:http://(given)@host/'],
    ['https://hunter2@host/', 'https://(given)@host/'],
    ['https://hun@ter2@host:8080/a@b', 'https://(given)@host:8080/a@b'],
    ['https://hun@te:r2@host/', 'https://(given)@host/'],
    ['http://host:8080/a@b', 'http://host:8080/a@b'],
    ['https://host/k.pem?token=hunter2', 'https://host/k.pem?token=(given)'],
    ['https://host/?v=1&sig=hu?nt=er2#x&hunter2', 'https://host/?v=(given)&sig=(given)&(given)'],
    ['https://host?aHVudGVyMg==', 'https://host?(given)'],
    ['https://u:hunter2?@host?', 'https://(given)@host?'],
    ['ldap://host/cn=a?cACertificate?base', 'ldap://host/cn=a?cACertificate?base'],
    ['what?token=x', 'what?token=x'],
    ['/etc/a:b@c', '/etc/a:b@c'],
    ['pkcs11:token=a;object=b?pin-value=1234', 'pkcs11:token=a;object=b?pin-value=(given)'],
  ])('takes what may be secret out of %s', (typed, shown) => {
    expect(written('file', typed)).toStrictEqual([['file', shown]]);
    expect(written('san', typed)).toStrictEqual([['san', shown]]);
  });

  it('says of a program which one it is, and how many arguments it has', () => {
    expect(program('/bin/tell', '--token', 'hunter2')).toStrictEqual([
      ['command', '/bin/tell'],
      ['command', '(2 arguments)'],
    ]);
    expect(program('/bin/tell')).toStrictEqual([['command', '/bin/tell']]);
  });

  it('leaves out what may hold a private key', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n';
    expect(written('key', 'pem', 'data', key)).toStrictEqual([['key pem data', '(given)']]);
    expect(written('file', key)).toStrictEqual([['file', '(given)']]);
    expect(written('san', 'x'.repeat(2000))).toStrictEqual([
      ['san', `${'x'.repeat(512)}… (2000 characters)`],
    ]);
  });
});
