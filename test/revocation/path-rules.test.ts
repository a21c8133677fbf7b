import { describe, expect, it } from 'vitest';
import type { PathFailure } from '../../src/revocation/path-failure.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { check, detail, leaf, outcome, path, root } from '../harness/paths.ts';

/** Root, then a CA for each constraint, then a leaf. */
function chain(...constraints: readonly (number | undefined)[]): readonly [Issued, Issued[]] {
  const cas: Issued[] = [];
  let issuer = root;
  for (const [i, pathLen] of constraints.entries()) {
    const limit = pathLen === undefined ? {} : { pathLen };
    issuer = issue({ subject: `CN=CA ${i}`, issuer, isCa: true, ...limit });
    cas.push(issuer);
  }
  return [issue({ subject: 'CN=gw1', issuer }), cas];
}

describe('validity', () => {
  it.each<[string, PathFailure | 'valid']>([
    ['2025-12-31T23:59:59.999Z', 'not-yet-valid'],
    ['2026-01-01T00:00:00.000Z', 'valid'],
    ['2026-12-31T23:59:59.000Z', 'valid'],
    ['2026-12-31T23:59:59.999Z', 'valid'],
    ['2027-01-01T00:00:00.000Z', 'expired'],
  ])('has both ends in it: at %s a leaf is %s', (at, expected) => {
    const longRoot = issue({
      subject: 'CN=Long',
      isCa: true,
      notBefore: new Date('1999-01-01T00:00:00Z'),
      notAfter: new Date('2090-01-01T00:00:00Z'),
    });
    const verdict = check(issue({ subject: 'CN=gw1', issuer: longRoot }), {
      anchors: [longRoot],
      at: new Date(at),
    });
    expect(outcome(verdict)).toBe(expected);
  });

  it('cannot be told at a date that is none', () => {
    expect(outcome(check(leaf, { at: new Date(NaN) }))).toBe('not-yet-valid');
  });
});

describe('an anchor', () => {
  it.each<[PathFailure, string, Issued]>([
    [
      'anchor-expired',
      'expired at',
      issue({ subject: 'CN=Root', isCa: true, notAfter: new Date('2026-02-01T00:00:00Z') }),
    ],
    [
      'anchor-not-yet-valid',
      'is valid from',
      issue({ subject: 'CN=Root', isCa: true, notBefore: new Date('2026-11-01T00:00:00Z') }),
    ],
    [
      'not-a-ca',
      'basicConstraints',
      issue({ subject: 'CN=Root', extensions: [extension('basicConstraints', { cA: false })] }),
    ],
    [
      'key-usage',
      'keyCertSign',
      issue({
        subject: 'CN=Root',
        extensions: [
          extension('basicConstraints', { cA: true }),
          extension('keyUsage', ['cRLSign']),
        ],
      }),
    ],
    [
      'critical-extension',
      'subjectInfoAccess',
      issue({
        subject: 'CN=Root',
        isCa: true,
        extensions: [rawExtension('subjectInfoAccess', Uint8Array.of(0x30, 0), true)],
      }),
    ],
  ])('is refused for %s: %s', (reason, why, anchor) => {
    const verdict = check(issue({ subject: 'CN=gw1', issuer: anchor }), { anchors: [anchor] });
    expect([outcome(verdict), detail(verdict)]).toEqual([reason, expect.stringContaining(why)]);
  });

  it('limits the path by its pathLenConstraint', () => {
    const strict = issue({ subject: 'CN=Root', isCa: true, pathLen: 0 });
    const ca = issue({ subject: 'CN=Sub', issuer: strict, isCa: true });
    const asked = { anchors: [strict], intermediates: [ca] };
    expect(outcome(check(ca, asked))).toBe('valid');
    expect(outcome(check(issue({ subject: 'CN=gw1', issuer: ca }), asked))).toBe(
      'path-length-exceeded',
    );
  });

  it('that is expired gives way to one that is not', () => {
    const expired = issue({
      subject: root.subject,
      key: root.key,
      isCa: true,
      notAfter: new Date('2026-02-01T00:00:00Z'),
    });
    expect(outcome(check(leaf, { anchors: [expired, root] }))).toBe('valid');
  });
});

describe('pathLenConstraint', () => {
  it.each<[readonly (number | undefined)[], PathFailure | 'valid']>([
    [[0], 'valid'],
    [[0, undefined], 'path-length-exceeded'],
    [[1, undefined], 'valid'],
    [[1, 0], 'valid'],
    [[undefined, 0, undefined], 'path-length-exceeded'],
    [[1, 0, 0], 'path-length-exceeded'],
    [[2, 1, 0], 'valid'],
    [[-1], 'malformed-extension'],
  ])('of the CAs %j makes a path %s', (constraints, expected) => {
    const [end, intermediates] = chain(...constraints);
    expect(outcome(check(end, { intermediates }))).toBe(expected);
  });

  it('does not count a self-issued certificate', () => {
    const old = issue({ subject: 'CN=CA', issuer: root, isCa: true, pathLen: 0 });
    const rolled = issue({ subject: 'CN=CA', issuer: old, isCa: true });
    const end = issue({ subject: 'CN=gw1', issuer: rolled });
    expect(path(check(end, { intermediates: [old, rolled] }))).toHaveLength(3);
  });
});
