import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import {
  decodePart,
  looksLikeUrl,
  parseServerUrl,
  pathOf,
  schemeOf,
  splitUserinfo,
  withoutUserinfo,
} from '../../src/retrieval/url.ts';
import { wayOf } from '../../src/retrieval/way.ts';

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

describe('looksLikeUrl()', () => {
  it.each(['file:/etc/ca.pem', 'HTTP://host/x', 'tftp:x', 'http:', 'scp://host/x'])(
    'takes %s for a URL',
    (text) => {
      expect(looksLikeUrl(text)).toBe(true);
    },
  );

  it.each([
    '-',
    'ca.pem',
    './http:',
    '/http:/x',
    'a/http://x',
    'C:/ca.pem',
    'gw1:8080',
    '://x',
    '',
  ])('takes "%s" for a path', (text) => {
    expect(looksLikeUrl(text)).toBe(false);
  });
});

describe('splitUserinfo()', () => {
  it.each([
    ['ftp://host/a@b', { url: 'ftp://host/a@b' }],
    ['ftp://me@host/a', { url: 'ftp://host/a', username: 'me' }],
    ['ftp://me:@host/a', { url: 'ftp://host/a', username: 'me', password: '' }],
    ['sftp://me:pw@host:22/a@b', { url: 'sftp://host:22/a@b', username: 'me', password: 'pw' }],
    ['ftp://me:p%40%3A%2Fw@host/a', { url: 'ftp://host/a', username: 'me', password: 'p@:/w' }],
    ['ftp://me:p@ss:w@host/a', { url: 'ftp://host/a', username: 'me', password: 'p@ss:w' }],
    ['file:/etc/a@b', { url: 'file:/etc/a@b' }],
  ])('takes %s apart', (text, parts) => {
    expect(splitUserinfo(text)).toEqual(parts);
  });

  it.each(['ftp://:pr1vate@host/a', 'ftp://me:pr1vate%@host/a', 'ftp://me:pr1vate%0a@host/a'])(
    'refuses "%s", and does not show the password',
    (text) => {
      expect(messageOf(() => splitUserinfo(text))).not.toContain('pr1vate');
    },
  );
});

describe('withoutUserinfo()', () => {
  it.each([
    ['file ftp://me:pw@host/a and more', 'file ftp://host/a and more'],
    ['ftp://me:p@w@host/a@b', 'ftp://host/a@b'],
    ['http://host/a@b', 'http://host/a@b'],
  ])('shows "%s" as "%s"', (text, shown) => {
    expect(withoutUserinfo(text)).toBe(shown);
  });
});

describe('wayOf()', () => {
  it.each([
    ['local', ['file']],
    ['protected', ['https', 'sftp', 'ldaps']],
    ['open', ['http', 'ftp', 'tftp', 'ldap']],
  ] as const)('calls %s what comes by %j', (way, schemes) => {
    expect(schemes.map(wayOf)).toEqual(schemes.map(() => way));
  });
});
