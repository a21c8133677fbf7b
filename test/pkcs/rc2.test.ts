import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { decryptRc2Cbc } from '../../src/pkcs/rc2.ts';

const noIv = new Uint8Array(8);

describe('decryptRc2Cbc()', () => {
  it.each([
    ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
    ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
    ['88', 64, '0000000000000000', '61a8a244adacccf0'],
    ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
    ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
    ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ])(
    'gives the plaintext of RFC 2268 section 5 for key %s of %i bits',
    (key, bits, plain, data) => {
      expect(toHex(decryptRc2Cbc(fromHex(key), bits, noIv, fromHex(data)))).toBe(plain);
    },
  );

  it('chains blocks', () => {
    const data = fromHex('2269552ab0f85ca62269552ab0f85ca6');
    const key = fromHex('88bca90e90875a7f0f79c384627bafb2');
    const plain = decryptRc2Cbc(key, 128, fromHex('0102030405060708'), data);
    expect(toHex(plain)).toBe('01020304050607082269552ab0f85ca6');
  });

  it('refuses what is no whole blocks', () => {
    const unusable = expect.objectContaining({ code: 'KEY_UNUSABLE' });
    expect(() => decryptRc2Cbc(fromHex('88'), 64, noIv, new Uint8Array(9))).toThrow(unusable);
  });
});
