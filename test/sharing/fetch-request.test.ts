import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { decodeFetchRequest, encodeFetchRequest } from '../../src/sharing/fetch-request.ts';
import { issue } from '../harness/certificates.ts';

const name = parseLabel('gw1', 'cert-name');
const had = { hash: new Uint8Array(32).fill(7), notAfter: new Date('2027-03-01T00:00:00Z') };

describe('decodeFetchRequest()', () => {
  it.each([
    { name, chain: [] },
    { name, chain: [issue({ subject: 'CN=Node CA 2', isCa: true }).certificate], had },
  ])('reads what encodeFetchRequest() writes, %#', (request) => {
    const der = encodeFetchRequest(request);
    const read = decodeFetchRequest(der);
    expect(encodeFetchRequest(read)).toEqual(der);
    expect(read.had?.notAfter).toEqual(request.had?.notAfter);
    expect(read.chain).toHaveLength(request.chain.length);
  });

  it('has the octets that other versions will have to read', () => {
    expect(toHex(encodeFetchRequest({ name, chain: [] }))).toBe('300a0201010c036777313000');
  });

  it.each([
    ['another version', '300a0201020c036777313000', 'it has version 2, expected 1'],
    ['a name that is none', '300a0201010c032e2e2f3000', 'the name in it is none'],
    ['no name', '3003020101', 'an element is missing'],
    ['octets that follow', '300a0201010c03677731300000', 'octets follow the value'],
  ])('refuses %s', (_, hex, why) => {
    expect(() => decodeFetchRequest(fromHex(hex))).toThrow(why);
  });

  it('refuses a hash or a request that is longer than any is', () => {
    const long = { name, chain: [], had: { ...had, hash: new Uint8Array(33) } };
    expect(() => decodeFetchRequest(encodeFetchRequest(long))).toThrow('longer than the limit');
    const filled = concatBytes(encodeFetchRequest({ name, chain: [] }), new Uint8Array(33_000));
    expect(() => decodeFetchRequest(filled)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });
});
