import { describe, expect, it } from 'vitest';
import { peerAdvice } from '../../src/lifecycle/ipsec-peer-advice.ts';
import { issue } from '../harness/certificates.ts';

const root = issue({ subject: 'CN=Root B', isCa: true });
const below = issue({ subject: 'CN=Issuing B', isCa: true, issuer: root }).certificate;
const trust = { anchors: [root.certificate], intermediates: [below], ocspObject: 'hq' };

describe('peerAdvice()', () => {
  it('knows a name that was copied from where it is written the other way round', () => {
    expect(peerAdvice({ remoteId: 'C=DE,O=B,CN=bob' }, trust)).toStrictEqual([
      expect.stringMatching(/^remote-id "C=DE,O=B,CN=bob" has CN .* probably "CN=bob,O=B,C=DE"$/),
    ]);
    for (const remoteId of ['CN=bob,O=B', 'CN=bob', 'CN=bob,CN=users,DC=x', 'O=B', 'bob.example'])
      expect(peerAdvice({ remoteId }, trust)).toStrictEqual([]);
  });

  it('misses the CAs below a root only where the agent is to be asked about what they issue', () => {
    expect(peerAdvice({}, { ...trust, intermediates: [] })).toStrictEqual([
      expect.stringMatching(/^no CA below "CN=Root B" is known here, .*object "hq"/),
    ]);
    expect(peerAdvice({}, { anchors: trust.anchors, intermediates: [] })).toStrictEqual([]);
  });
});
