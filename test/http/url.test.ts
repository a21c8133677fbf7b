import { describe, expect, it } from 'vitest';
import { parseHttpUrl } from '../../src/http/url.ts';

describe('parseHttpUrl()', () => {
  it.each([
    ['http://ra.example/pkix/', 'http://ra.example', '/pkix/'],
    ['http://ra.example', 'http://ra.example', '/'],
    ['HTTP://RA.example:80/a', 'http://ra.example', '/a'],
    ['https://ra.example:8443/.well-known/cmp', 'https://ra.example:8443', '/.well-known/cmp'],
    ['http://[::1]:8080/ejbca/publicweb/cmp/A', 'http://[::1]:8080', '/ejbca/publicweb/cmp/A'],
    ['http://ra.example//a/../%7Eb/?p=1', 'http://ra.example', '//a/../%7Eb/?p=1'],
    ['http://ra.example?p=1', 'http://ra.example', '/?p=1'],
  ])('keeps the path of %s as it is written', (text, origin, path) => {
    expect(parseHttpUrl(text)).toEqual({ origin, path, href: text });
  });

  it.each([
    '',
    'ra.example/pkix/',
    'ftp://ra.example/',
    'file:///etc/passwd',
    'http://',
    'http:///pkix/',
    'http://ra.example:99999/',
    'http://ra.example/a b',
    'http://ra.example/a\r\nX: y',
    'http://ra.example/\u00e9',
    'http://ra.example/#top',
  ])('refuses %j', (text) => {
    expect(() => parseHttpUrl(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('URL') }),
    );
  });

  it('refuses credentials without repeating them', () => {
    expect(() => parseHttpUrl('http://me:s3cret@ra.example/')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('s3cret'),
      }),
    );
  });
});
