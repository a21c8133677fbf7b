import { describe, expect, it } from 'vitest';
import { modernOnly } from '../../src/crypto/policy.ts';
import { pathLimits } from '../../src/revocation/path-inputs.ts';
import { validatePath, type PathVerdict } from '../../src/revocation/validate-path.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, makeKey, someDay, type Issued } from '../harness/certificates.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const stranger = issue({ subject: 'CN=Stranger', isCa: true });

function check(leaf: Issued, intermediates: readonly Issued[], anchors = [root]): PathVerdict {
  return validatePath({
    certificate: leaf.certificate,
    intermediates: intermediates.map(({ certificate }) => certificate),
    anchors: anchors.map(({ certificate }) => certificate),
    at: someDay,
    policy: modernOnly,
  });
}

function outcome(verdict: PathVerdict): string {
  return verdict.type === 'valid'
    ? `valid, ${verdict.path.length} long`
    : verdict.reasons[0].reason;
}

/** CAs by name, and every one certified by every other. */
function clique(size: number): Issued[] {
  const cas = Array.from({ length: size }, (_, i) => issue({ subject: `CN=CA ${i}`, isCa: true }));
  return cas.flatMap(({ subject, key }) =>
    cas
      .filter((issuer) => issuer.subject !== subject)
      .map((issuer) => issue({ subject, key, issuer, isCa: true })),
  );
}

describe('the search for a path ends', () => {
  it('when two CAs certify each other', () => {
    const [ab, ba] = clique(2);
    if (!ab || !ba) throw new Error('a clique of two has two certificates');
    const leaf = issue({ subject: 'CN=gw1', issuer: ab });
    expect(outcome(check(leaf, [ab, ba]))).toBe('untrusted');
  });

  it('when two CAs certify each other and one is certified by the root as well', () => {
    const [ab, ba] = clique(2);
    if (!ab || !ba) throw new Error('a clique of two has two certificates');
    const way = issue({ subject: ba.subject, key: ba.key, issuer: root, isCa: true });
    const leaf = issue({ subject: 'CN=gw1', issuer: ab });
    expect(outcome(check(leaf, [ab, ba, way]))).toBe('valid, 3 long');
  });

  it('when seven CAs certify each other all ways, which is thousands of paths', () => {
    const bundle = clique(7);
    const [first] = bundle;
    if (!first) throw new Error('not empty');
    const leaf = issue({ subject: 'CN=gw1', issuer: first });
    expect(outcome(check(leaf, bundle))).toBe('search-exhausted');
  });

  it('when a CA certifies itself again and again', () => {
    const again = Array.from({ length: 50 }, () =>
      issue({ subject: stranger.subject, key: stranger.key, issuer: stranger, isCa: true }),
    );
    const leaf = issue({ subject: 'CN=gw1', issuer: stranger });
    expect(outcome(check(leaf, [stranger, ...again]))).toBe('untrusted');
  });

  it('when a leaf names itself as its issuer', () => {
    const self = issue({ subject: 'CN=gw1', isCa: true });
    expect(outcome(check(self, [self]))).toBe('untrusted');
  });

  it('when everything has one name', () => {
    const namesakes = Array.from({ length: 90 }, () =>
      issue({ subject: 'CN=Root', isCa: true, issuer: stranger, issuerName: root.subject }),
    );
    const leaf = issue({ subject: 'CN=Root', issuer: stranger, issuerName: root.subject });
    expect(outcome(check(leaf, namesakes))).toBe('search-exhausted');
  });

  it('with the candidates of one name used up, however cheap they are', () => {
    const key = makeKey();
    const dead = issue({ subject: 'CN=CA', key, issuer: stranger, isCa: true });
    const cas = Array.from({ length: pathLimits.candidates + 1 }, () =>
      issue({ subject: 'CN=CA', key, issuer: stranger }),
    );
    const leaf = issue({ subject: 'CN=gw1', issuer: dead });
    expect(outcome(check(leaf, cas))).toBe('search-exhausted');
  });
});

describe('the search for a path finds', () => {
  it('the one of 30 intermediates of one name whose key it was', () => {
    const namesakes = Array.from({ length: 30 }, () =>
      issue({ subject: 'CN=Sub', issuer: root, isCa: true }),
    );
    for (const signer of [namesakes[0], namesakes[15], namesakes[29]]) {
      if (!signer) throw new Error('there are 30');
      const leaf = issue({ subject: 'CN=gw1', issuer: signer });
      expect(check(leaf, namesakes)).toMatchObject({
        type: 'valid',
        path: [leaf.certificate, signer.certificate],
      });
    }
  });

  it('the one of 150 of one name that the key identifier points to', () => {
    const id = Uint8Array.of(1, 2, 3);
    const named = extension('subjectKeyIdentifier', id);
    const key = makeKey();
    const namesakes = Array.from({ length: 150 }, () =>
      issue({ subject: 'CN=Sub', issuer: root, isCa: true, key }),
    );
    const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true, extensions: [named] });
    const leaf = issue({
      subject: 'CN=gw1',
      issuer: sub,
      extensions: [extension('authorityKeyIdentifier', { keyIdentifier: id })],
    });
    expect(outcome(check(leaf, [...namesakes, sub]))).toBe('valid, 2 long');
  });

  it('the way through a cross certificate when the own root is no anchor', () => {
    const sub = issue({ subject: 'CN=Sub', issuer: stranger, isCa: true });
    const cross = issue({
      subject: stranger.subject,
      key: stranger.key,
      issuer: root,
      isCa: true,
    });
    const leaf = issue({ subject: 'CN=gw1', issuer: sub });
    expect(outcome(check(leaf, [stranger, cross, sub]))).toBe('valid, 3 long');
  });

  it('the anchor at once when it is there under two certificates', () => {
    const renewed = issue({ subject: root.subject, key: root.key, isCa: true });
    const leaf = issue({ subject: 'CN=gw1', issuer: root });
    expect(outcome(check(leaf, [renewed, root]))).toBe('valid, 1 long');
    expect(outcome(check(renewed, []))).toBe('valid, 1 long');
  });

  it('no use in dozens of intermediates that have nothing to do with it', () => {
    const others = Array.from({ length: 100 }, (_, i) =>
      issue({ subject: `CN=Other ${i}`, issuer: root, isCa: true }),
    );
    const leaf = issue({ subject: 'CN=gw1', issuer: root });
    expect(outcome(check(leaf, others))).toBe('valid, 1 long');
  });
});

describe('the length of a path', () => {
  it.each([
    [pathLimits.chainLength - 1, `valid, ${pathLimits.chainLength} long`],
    [pathLimits.chainLength, 'chain-too-long'],
  ])('with %i intermediates is %s', (count, expected) => {
    const cas: Issued[] = [];
    let issuer = root;
    for (let i = 0; i < count; i++) {
      issuer = issue({ subject: `CN=CA ${i}`, issuer, isCa: true });
      cas.push(issuer);
    }
    expect(outcome(check(issue({ subject: 'CN=gw1', issuer }), cas))).toBe(expected);
  });
});
