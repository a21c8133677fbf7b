import { describe, expect, it } from 'vitest';
import { wellKnownUrl } from '../../../src/cmp/transport/well-known.ts';

const refused = expect.objectContaining({ code: 'CONFIG_INVALID' });

describe('wellKnownUrl()', () => {
  it.each([
    ['http://ra.example', undefined, 'http://ra.example/.well-known/cmp'],
    ['https://ra.example:8443/', undefined, 'https://ra.example:8443/.well-known/cmp'],
    ['http://[::1]:8080', 'site1', 'http://[::1]:8080/.well-known/cmp/p/site1'],
    ['http://ra.example', 'a/b c?', 'http://ra.example/.well-known/cmp/p/a%2Fb%20c%3F'],
    ['http://ra.example', 'Straße', 'http://ra.example/.well-known/cmp/p/Stra%C3%9Fe'],
  ])('makes of %s and name %s the path every CMP server has [T5]', (base, name, url) => {
    expect(wellKnownUrl(base, name)).toBe(url);
  });

  it.each(['', '.', '..', '\ud800'])('refuses %j as a name [T5]', (name) => {
    expect(() => wellKnownUrl('http://ra.example', name)).toThrow(refused);
  });

  it.each(['http://ra.example/pkix/', 'http://ra.example/?a', 'ftp://ra.example'])(
    'refuses %s, which is no host alone [T5]',
    (base) => {
      expect(() => wellKnownUrl(base)).toThrow(refused);
    },
  );
});
