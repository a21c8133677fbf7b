import { describe, expect, it } from 'vitest';
import { pathLimits } from '../../src/revocation/path-inputs.ts';
import { readPeerChain } from '../../src/revocation/peer-chain.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { leaf, root, sub } from '../harness/paths.ts';

const own = certificateDer(leaf.certificate);
const above = certificateDer(sub.certificate);
const garbage = Uint8Array.of(0x30, 0x80);

describe('readPeerChain()', () => {
  it('takes the first certificate for the own one, and the others as they come', () => {
    expect(readPeerChain([own, certificateDer(root.certificate), above])).toEqual({
      type: 'chain',
      certificate: leaf.certificate,
      offered: [root.certificate, sub.certificate],
    });
  });

  it('leaves out what cannot be read, unless it is the own one', () => {
    expect(readPeerChain([own, garbage, above])).toMatchObject({ offered: [sub.certificate] });
    expect(readPeerChain([garbage, above])).toMatchObject({
      type: 'refused',
      reason: 'malformed-certificate',
      detail: expect.stringContaining('length is indefinite'),
    });
  });

  it('refuses none, too many and too long ones', () => {
    expect(readPeerChain([])).toMatchObject({ reason: 'malformed-certificate' });
    const most = Array.from({ length: pathLimits.offered }, () => above);
    expect(readPeerChain([own, ...most])).toMatchObject({ type: 'chain' });
    expect(readPeerChain([own, ...most, above])).toMatchObject({ reason: 'search-exhausted' });
    const long = new Uint8Array(256 * 1024);
    expect(readPeerChain([own, long])).toMatchObject({ reason: 'search-exhausted' });
  });
});
