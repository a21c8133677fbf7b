import { describe, expect, it } from 'vitest';
import { hostPortText, parseHostPort } from '../../src/base/host-port.ts';

describe('parseHostPort()', () => {
  it.each([
    ['127.0.0.1:443', { host: '127.0.0.1', port: 443 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['gw.example:1', { host: 'gw.example', port: 1 }],
  ])('reads %s, and hostPortText() writes it so', (text, place) => {
    expect(parseHostPort(text)).toStrictEqual(place);
    expect(hostPortText(place)).toBe(text);
  });

  it.each(['', 'gw', 'gw:', ':443', '::1:443', 'gw:0', 'gw:65536', 'gw:443x', 'gw:4 43'])(
    'does not read %j',
    (text) => {
      expect(parseHostPort(text)).toBeUndefined();
    },
  );
});
