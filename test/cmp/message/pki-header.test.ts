import { describe, expect, it } from 'vitest';
import { fromDer, toDer } from '../../../src/asn1/codec.ts';
import { PKIHeader } from '../../../src/cmp/message/pki-header.ts';
import { nullDn } from '../../../src/x509/name.ts';

describe('PKIHeader refuses what a peer makes too long', () => {
  it.each([
    ['transactionID', 64],
    ['senderNonce', 64],
    ['recipNonce', 64],
    ['senderKID', 1024],
    ['recipKID', 1024],
  ])('%s over %i octets', (field, max) => {
    expect(decoded(field, max)).toMatchObject({ [field]: new Uint8Array(max) });
    expect(() => decoded(field, max + 1)).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(`PKIHeader.${field}`),
      }),
    );
  });
});

function decoded(field: string, octets: number): PKIHeader {
  const name = { type: 'directoryName', value: nullDn } as const;
  const header = { pvno: 2, sender: name, recipient: name, [field]: new Uint8Array(octets) };
  return fromDer(PKIHeader, toDer(PKIHeader, header));
}
