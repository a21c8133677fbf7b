import { describe, expect, it } from 'vitest';
import {
  assertResponderPlace,
  parseResponderPlace,
  responderPlaceText,
} from '../../src/lifecycle/responder-place.ts';

describe('assertResponderPlace()', () => {
  it('allows the loopback, and others only where that is said', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '0:0::1'])
      expect(() => assertResponderPlace({ address, port: 0, isOpen: false })).not.toThrow();
    for (const address of ['0.0.0.0', '::', '192.0.2.1', '::2', '1::1', '::ffff:127.0.0.1'])
      expect(() => assertResponderPlace({ address, port: 0, isOpen: false })).toThrow(
        /not an address of the loopback/,
      );
    const open = { address: '0.0.0.0', port: 0, isOpen: true };
    expect(() => assertResponderPlace(open)).not.toThrow();
    const named = { address: 'localhost', port: 0, isOpen: true };
    expect(() => assertResponderPlace(named)).toThrow(/not an address/);
  });
});

describe('parseResponderPlace()', () => {
  it('reads what it writes', () => {
    for (const text of ['127.0.0.1:8889', '[::1]:1', '127.0.0.1:65535'])
      expect(responderPlaceText(parseResponderPlace(text, false))).toBe(text);
  });

  it('refuses what is no address and port, or no loopback', () => {
    for (const text of [
      '',
      '127.0.0.1',
      ':80',
      '::1:80',
      '127.0.0.1:0',
      '127.0.0.1:65536',
      '127.0.0.1:8x',
    ])
      expect(() => parseResponderPlace(text, false)).toThrow(/no address and port/);
    expect(() => parseResponderPlace('localhost:80', true)).toThrow(/not an address/);
    expect(() => parseResponderPlace('0.0.0.0:80', false)).toThrow(
      /not an address of the loopback/,
    );
    expect(parseResponderPlace('0.0.0.0:80', true)).toMatchObject({ address: '0.0.0.0', port: 80 });
  });
});
