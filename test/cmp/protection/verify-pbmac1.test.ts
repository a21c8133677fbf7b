import { describe, expect, it } from 'vitest';
import { pbmac1Algorithm } from '../../../src/cmp/protection/pbmac1.ts';
import { verifyResponse } from '../../../src/cmp/protection/verify.ts';
import { answer, expectedSigned, expectedUnderMac, macOfCa } from '../answers.ts';

const pbmac1 = { ...macOfCa, protectionAlg: pbmac1Algorithm(new Uint8Array(8), 1000) };

describe('verifyResponse()', () => {
  it('takes PBMAC1 and PasswordBasedMac under the secret of the request, whichever it had [R7]', async () => {
    for (const credential of [pbmac1, macOfCa]) {
      const message = await answer({ credential });
      expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
    }
  });

  it('refuses PBMAC1 under another secret [R7]', async () => {
    const message = await answer({ credential: { ...pbmac1, secret: Uint8Array.of(1) } });
    expect(() => verifyResponse(message, expectedUnderMac)).toThrow(
      expect.objectContaining({ code: 'CMP_PROTECTION_INVALID' }),
    );
  });

  it('refuses PBMAC1 that answers a signature', async () => {
    const message = await answer({ credential: pbmac1 });
    const expected = expectedSigned({ anchors: [], anchorsAreDedicated: true });
    expect(() => verifyResponse(message, expected)).toThrow(
      /by a shared secret although the request was signed$/,
    );
  });
});
