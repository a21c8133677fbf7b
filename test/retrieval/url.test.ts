import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { decodePart, parseServerUrl, pathOf, schemeOf } from '../../src/retrieval/url.ts';

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CertError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('schemeOf()', () => {
  it.each([
    ['/etc/ca.pem', 'file'],
    ['file:///etc/ca.pem', 'file'],
    ['HTTP://host/x', 'http'],
    ['ldaps://host/dc=x??', 'ldaps'],
  ])('finds in %s the scheme %s', (text, scheme) => {
    expect(schemeOf(text)).toBe(scheme);
  });

  it.each(['', 'ca.pem', './ca.pem', 'gopher://host/x', 'constructor:x', '__proto__:x'])(
    'refuses "%s"',
    (text) => {
      expect(messageOf(() => schemeOf(text))).toContain(text);
    },
  );

  it('does not show what may be a password', () => {
    expect(messageOf(() => schemeOf('scp:agent:pr1vate@host'))).not.toContain('pr1vate');
  });
});

describe('parseServerUrl()', () => {
  it.each([
    ['ftp://host.example/a//b/../c', 'host.example', 21, '/a//b/../c'],
    ['ftp://host.example:80/a', 'host.example', 80, '/a'],
    ['sftp://[2001:db8::1]:2222/a', '2001:db8::1', 2222, '/a'],
    ['tftp://192.0.2.1', '192.0.2.1', 69, ''],
    ['ldap://host/cn=a%20b,o=c?x;binary?base', 'host', 389, '/cn=a%20b,o=c?x;binary?base'],
    ['ldaps://host/mail=a@b', 'host', 636, '/mail=a@b'],
  ])('takes %s apart', (text, host, port, rest) => {
    expect(parseServerUrl(text)).toMatchObject({ host, port, rest, href: text });
  });

  it.each([
    'ftp:///a',
    'ftp:host/a',
    'ftp://[::g]/a',
    'ftp://[12:34]/a',
    'ftp://host:0/a',
    'ftp://host:65536/a',
    'ftp://host:x/a',
    'ftp://ho%73t/a',
    'ftp://host/a b',
    'ftp://host/\u00fc',
    'ftp://host/a#b',
    'ftp://host/a\r\nDELE a',
  ])('refuses %s', (text) => {
    expect(messageOf(() => parseServerUrl(text))).not.toBe('');
  });

  it.each(['sftp://agent:pr1vate@host/a', 'ftp:agent:pr1vate@host/a', 'ftp://pr1vate@/'])(
    'refuses %s without showing it',
    (text) => {
      expect(messageOf(() => parseServerUrl(text))).not.toContain('pr1vate');
    },
  );
});

describe('pathOf()', () => {
  it('decodes the path, and leaves out its first slash only', () => {
    expect(pathOf(parseServerUrl('ftp://host/%2Fa%20b/c%C3%BC'))).toBe('/a b/c\u00fc');
  });

  it.each(['ftp://host', 'ftp://host/', 'ftp://host/a/', 'ftp://host/a?b', 'ftp://host/%zz'])(
    'refuses %s',
    (text) => {
      expect(messageOf(() => pathOf(parseServerUrl(text)))).toContain(text);
    },
  );
});

describe('decodePart()', () => {
  it.each(['%00', '%0A', '%0d', '%7F', '%C2%85', '%FF', '%'])('refuses %s', (part) => {
    expect(messageOf(() => decodePart(part, 'ftp://host/'))).toContain('ftp://host/');
  });
});
