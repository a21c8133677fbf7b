import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scaled } from '../harness/effort.ts';
import { requirePeer } from '../harness/require.ts';
import { compareCrls, type Compared } from './crl-differential.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-crl-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach((context) => requirePeer(context, 'openssl'));

/**
 * Where the two may differ. OpenSSL looks at no CRL beyond those that cover all reasons, so that one more that lists
 * the certificate goes unnoticed, nor at the newest when an older one can be read; here either one refuses it. And it does
 * not assume a distribution point for the other CRLs of the issuer (RFC 5280 section 6.3.3, the end), which a point for
 * some reasons needs.
 */
function mayDiffer({ ours, theirs, isPartial }: Compared): boolean {
  if (ours === 'good') return theirs === 'good' || isPartial;
  return theirs !== 'good' || ours === 'revoked' || ours === 'unsupported-critical-extension';
}

describe('checkRevocationByCrls() and openssl verify -crl_check', () => {
  it('say the same of certificates and CRLs made at random', () => {
    const all = Array.from({ length: scaled(60) }, (_, i) => compareCrls(i + 1, directory));
    expect(all.filter((one) => !mayDiffer(one))).toEqual([]);
    const same = all.filter(({ ours, theirs }) => (ours === 'good') === (theirs === 'good'));
    expect(same.length / all.length).toBeGreaterThan(0.85);
    expect(new Set(all.map(({ ours }) => ours)).size).toBeGreaterThan(5);
  }, 120_000);
});
