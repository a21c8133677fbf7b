import { describe, expect, it } from 'vitest';
import { leavesOf, orderChain } from '../../src/lifecycle/issuer-chain.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { issue, makeKey, type Issued } from '../harness/certificates.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });
const leaf = issue({ subject: 'CN=leaf', issuer: sub });

function certificatesOf(...all: readonly Issued[]): readonly Certificate[] {
  return all.map(({ certificate }) => certificate);
}

describe('orderChain()', () => {
  it('says where the chain ends', () => {
    const { certificate } = leaf;
    expect(orderChain(certificate, certificatesOf(root, sub))).toMatchObject({
      chain: certificatesOf(sub, root),
      end: 'self-signed',
      others: [],
    });
    expect(orderChain(certificate, certificatesOf(sub))).toMatchObject({ end: 'open' });
    expect(orderChain(root.certificate, [])).toMatchObject({ chain: [], end: 'self-signed' });
  });

  it('stops at an anchor, whether it is self-signed or not, and though it is not in the bundle', () => {
    const given = orderChain(leaf.certificate, certificatesOf(root), certificatesOf(sub));
    expect(given).toMatchObject({ chain: certificatesOf(sub), end: 'anchor' });
    expect(given.others).toEqual(certificatesOf(root));
    expect(orderChain(sub.certificate, [], certificatesOf(sub))).toMatchObject({
      chain: [],
      end: 'anchor',
    });
  });

  it('takes the way to the anchor where a CA is self-signed and cross-signed', () => {
    const old = issue({ subject: 'CN=Old Root', isCa: true });
    const cross = issue({ subject: 'CN=Root', issuer: old, key: root.key, isCa: true });
    const bundle = certificatesOf(root, cross, sub);
    expect(orderChain(leaf.certificate, bundle, certificatesOf(old))).toMatchObject({
      chain: certificatesOf(sub, cross, old),
      end: 'anchor',
    });
    expect(orderChain(leaf.certificate, bundle.toReversed())).toMatchObject({
      chain: certificatesOf(sub, root),
      end: 'self-signed',
    });
  });

  it('takes the longest way where none ends', () => {
    const top = issue({ subject: 'CN=Top', issuer: root, isCa: true });
    const other = issue({ subject: 'CN=Other', issuer: top, key: sub.key, isCa: true });
    const renamed = issue({ subject: 'CN=Sub', issuer: other, key: sub.key, isCa: true });
    const bundle = certificatesOf(sub, renamed, other, top);
    const { chain } = orderChain(leaf.certificate, bundle);
    expect(chain).toEqual(certificatesOf(renamed, other, top));
  });

  it('ends where two certificates claim each other as issuer', () => {
    const [a, b] = [makeKey(), makeKey()];
    const first = issue({ subject: 'CN=A', key: a, issuer: { ...root, key: b }, isCa: true });
    const second = issue({ subject: 'CN=Root', key: b, issuer: first, isCa: true });
    const { chain, end } = orderChain(first.certificate, certificatesOf(second, first));
    expect({ chain, end }).toEqual({ chain: certificatesOf(second), end: 'open' });
  });

  it('gives up after as many look-alikes as an honest file never has', () => {
    const pretenders = Array.from({ length: 70 }, () =>
      issue({ subject: 'CN=Sub', issuer: root, isCa: true }),
    );
    const before = orderChain(leaf.certificate, certificatesOf(...pretenders, sub, root));
    expect(before).toMatchObject({ chain: [], end: 'open' });
    const after = orderChain(leaf.certificate, certificatesOf(sub, root, ...pretenders));
    expect(after.chain).toEqual(certificatesOf(sub, root));
  });

  it('gives up on certificates that all issued each other', () => {
    const key = makeKey();
    const names = Array.from({ length: 20 }, (_, i) => `CN=CA ${i % 2}`);
    const all = names.map((subject, i) => {
      const { subject: issuerName } = issue({ subject: names[(i + 1) % names.length] ?? '' });
      return issue({ subject, issuer: { subject: issuerName, key }, key, isCa: true });
    });
    const [first = root] = all;
    const lowest = issue({ subject: 'CN=leaf', issuer: first });
    const { chain, end } = orderChain(lowest.certificate, certificatesOf(...all));
    expect(end).toBe('open');
    expect(chain).toHaveLength(2);
  });
});

describe('leavesOf()', () => {
  it('picks what issued none of the others, each once', () => {
    const other = issue({ subject: 'CN=other', issuer: sub });
    const bundle = certificatesOf(root, leaf, sub, other, leaf);
    expect(leavesOf(bundle)).toEqual(certificatesOf(leaf, other));
    expect(leavesOf(certificatesOf(root))).toEqual(certificatesOf(root));
    expect(leavesOf([])).toEqual([]);
  });
});
