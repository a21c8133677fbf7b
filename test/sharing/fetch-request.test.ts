import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { decodeFetchRequest, encodeFetchRequest } from '../../src/sharing/fetch-request.ts';

const name = parseLabel('gw1', 'cert-name');
const had = { hash: new Uint8Array(32).fill(7), notAfter: new Date('2027-03-01T00:00:00Z') };

describe('decodeFetchRequest()', () => {
  it.each([{ name }, { name, had }])('reads what encodeFetchRequest() writes, %#', (request) => {
    expect(decodeFetchRequest(encodeFetchRequest(request))).toMatchObject(request);
  });

  it('has the octets that other versions will have to read', () => {
    expect(toHex(encodeFetchRequest({ name }))).toBe('30080201010c03677731');
  });

  it.each([
    ['another version', '30080201020c03677731', 'it has version 2, expected 1'],
    ['a name that is none', '300802010 10c032e2e2f'.replace(' ', ''), 'the name in it is none'],
    ['no name', '3003020101', 'an element is missing'],
    ['octets that follow', '30080201010c0367773100', 'octets follow the value'],
  ])('refuses %s', (_, hex, why) => {
    expect(() => decodeFetchRequest(fromHex(hex))).toThrow(why);
  });

  it('refuses a hash or a request that is longer than any is', () => {
    const long = { name, had: { ...had, hash: new Uint8Array(33) } };
    expect(() => decodeFetchRequest(encodeFetchRequest(long))).toThrow('longer than the limit');
    const filled = concatBytes(encodeFetchRequest({ name }), new Uint8Array(2000));
    expect(() => decodeFetchRequest(filled)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });
});
