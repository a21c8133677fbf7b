import { describe, expect, it } from 'vitest';
import {
  formatSelector,
  isOverlapping,
  parseSelector,
} from '../../src/lifecycle/ipsec-selectors.ts';

describe('parseSelector()', () => {
  it.each([
    ['10.1.0.7/24', '10.1.0.0/24'],
    ['10.1.0.1', '10.1.0.1/32'],
    ['10.1.0.0-10.1.0.255', '10.1.0.0/24'],
    ['10.1.0.1-10.1.0.9', '10.1.0.1-10.1.0.9'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['fd00::1/64', 'fd00::/64'],
    ['FD00:0::1', 'fd00::1/128'],
    ['fd00::1-fd00::9', 'fd00::1-fd00::9'],
    ['dynamic', 'dynamic'],
    ['dynamic[udp/1701]', 'dynamic[udp/1701]'],
    ['10.1.0.0/24[tcp/443]', '10.1.0.0/24[tcp/443]'],
    ['10.1.0.0/24[6/1000-2000]', '10.1.0.0/24[tcp/1000-2000]'],
    ['10.1.0.0/24[TCP]', '10.1.0.0/24[tcp]'],
    ['10.1.0.0/24[any]', '10.1.0.0/24'],
    ['10.1.0.0/24[99]', '10.1.0.0/24[99]'],
  ])('reads %s as %s, and that as itself', (text, normal) => {
    const written = formatSelector(parseSelector(text));
    expect(written).toBe(normal);
    expect(formatSelector(parseSelector(written))).toBe(normal);
  });

  it('takes protocol and port that are said apart', () => {
    const read = (['', '53', '1-65535'] as const).map((port) =>
      formatSelector(
        parseSelector('10.1.0.0/24', { protocol: 'udp', ...(port !== '' && { port }) }),
      ),
    );
    expect(read).toStrictEqual([
      '10.1.0.0/24[udp]',
      '10.1.0.0/24[udp/53]',
      '10.1.0.0/24[udp/1-65535]',
    ]);
  });

  it.each([
    ['10.1.0.0/33', 'prefix over 32'],
    ['fd00::/129', 'prefix over 128'],
    ['10.1.0.0/', 'neither an address nor a subnet nor a range'],
    ['10.1.0.9-10.1.0.1', 'none after the first'],
    ['10.1.0.1-fd00::1', 'of the same family'],
    ['010.1.0.0/24', 'neither an address'],
    ['example', 'neither an address'],
    ['', 'neither an address'],
    ['10.1.0.0/24[', 'neither an address'],
    ['10.1.0.0/24[]', 'no protocol in its brackets'],
    ['10.1.0.0/24[tpc]', '"tpc" is no protocol'],
    ['10.1.0.0/24[256]', '"256" is no protocol'],
    ['10.1.0.0/24[tcp/0]', '"0" is no port'],
    ['10.1.0.0/24[tcp/70000]', '"70000" is no port'],
    ['10.1.0.0/24[tcp/9-1]', '"9-1" is no port'],
    ['10.1.0.0/24[icmp/8]', 'icmp has no ports'],
    ['10.1.0.0/24[any/80]', 'a port without a protocol'],
  ])('refuses %j: %s', (text, why) => {
    expect(() => parseSelector(text)).toThrow(why);
  });

  it('refuses a protocol that is said twice', () => {
    expect(() => parseSelector('10.1.0.0/24[tcp]', { protocol: 'tcp' })).toThrow('and apart');
  });
});

describe('isOverlapping()', () => {
  it.each([
    ['10.1.0.0/16', '10.1.2.0/24', true],
    ['10.1.0.0/24', '10.1.1.0/24', false],
    ['10.1.0.0-10.1.0.9', '10.1.0.9', true],
    ['0.0.0.0/0', '::/0', false],
    ['10.1.0.0/24[tcp]', '10.1.0.0/24[udp]', false],
    ['10.1.0.0/24[tcp]', '10.1.0.0/24', true],
    ['10.1.0.0/24[tcp/80]', '10.1.0.0/24[tcp/443]', false],
    ['10.1.0.0/24[tcp/80-500]', '10.1.0.0/24[tcp/443]', true],
    ['dynamic', 'dynamic', true],
    ['dynamic', '10.1.0.0/24', false],
  ])('tells of %s and %s: %s', (one, other, expected) => {
    expect(isOverlapping(parseSelector(one), parseSelector(other))).toBe(expected);
    expect(isOverlapping(parseSelector(other), parseSelector(one))).toBe(expected);
  });
});
