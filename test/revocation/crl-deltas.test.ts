import { describe, expect, it } from 'vitest';
import type { Crl } from '../../src/revocation/crl.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { crl, entry, hours } from './crl-made.ts';
import { codeOf } from './crl-query.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const ca = issue({ subject: 'CN=CA', isCa: true, issuer: root });
const leaf = issue({ subject: 'CN=leaf', issuer: ca });
const unknownCritical: Extension = {
  extnID: '1.2.3.4',
  critical: true,
  extnValue: Uint8Array.of(5, 0),
};

function status(crls: readonly Crl[], { pool = [] }: { readonly pool?: readonly Issued[] } = {}) {
  return codeOf({
    chain: [leaf, ca, root].map(({ certificate }) => certificate),
    crls,
    pool: pool.map(({ certificate }) => certificate),
    at: someDay,
    query: { clockSkewSeconds: 0 },
  });
}

const statusAfterAdding = (number: bigint, base: bigint) =>
  status([crl(ca, { number: 5n }), crl(ca, { number, base, entries: [entry(leaf)] })]);

describe('checkRevocationByCrls() puts deltas over complete CRLs:', () => {
  const complete = { number: 5n };
  const lifting = { number: 6n, base: 5n, entries: [entry(leaf, 'removeFromCRL')] };

  it('removeFromCRL lifts a hold and nothing else', () => {
    const held = crl(ca, { ...complete, entries: [entry(leaf, 'certificateHold')] });
    const revoked = crl(ca, { ...complete, entries: [entry(leaf, 'keyCompromise')] });
    expect(status([held, crl(ca, lifting)])).toBe('good');
    expect(status([revoked, crl(ca, lifting)])).toBe('revoked');
    expect(status([crl(ca, complete), crl(ca, lifting)])).toBe('good');
  });

  it('removeFromCRL in a complete CRL is a revocation', () => {
    expect(status([crl(ca, { entries: [entry(leaf, 'removeFromCRL')] })])).toBe('revoked');
  });

  it('the base is this one or an earlier one, and the delta is ahead', () => {
    expect(statusAfterAdding(6n, 5n)).toBe('revoked');
    expect(statusAfterAdding(6n, 3n)).toBe('revoked');
    expect(statusAfterAdding(7n, 6n)).toBe('good');
    expect(statusAfterAdding(5n, 3n)).toBe('good');
    expect(statusAfterAdding(4n, 3n)).toBe('good');
  });

  it('the newest of several counts', () => {
    const held = crl(ca, { ...complete, entries: [entry(leaf, 'certificateHold')] });
    const lifted = crl(ca, { ...lifting, number: 7n });
    const still = crl(ca, { number: 6n, base: 5n, entries: [entry(leaf, 'keyCompromise')] });
    expect(status([held, lifted, still])).toBe('good');
    expect(status([held, still, lifted])).toBe('good');
  });

  it('an expired complete CRL is as new as its delta', () => {
    const old = crl(ca, { ...complete, thisUpdate: hours(-48), nextUpdate: hours(-24) });
    const delta = crl(ca, { number: 6n, base: 5n });
    expect(status([old])).toBe('expired');
    expect(status([old, delta])).toBe('good');
  });

  it('a delta that is expired, of the future or not understood gives no good', () => {
    const expired = crl(ca, { ...complete, nextUpdate: hours(-1), thisUpdate: hours(-2) });
    const parts = { number: 6n, base: 5n };
    const late = { ...parts, nextUpdate: hours(-1), thisUpdate: hours(-2) };
    expect(status([expired, crl(ca, late)])).toBe('expired');
    expect(status([expired, crl(ca, { ...parts, thisUpdate: hours(1) })])).toBe('expired');
    expect(status([expired, crl(ca, { ...parts, extensions: [unknownCritical] })])).toBe('expired');
  });

  it('what a delta lists that is expired or not understood is revoked, but not by one of the future', () => {
    const base = crl(ca, complete);
    const parts = { number: 6n, base: 5n, entries: [entry(leaf)] };
    const late = { nextUpdate: hours(-1), thisUpdate: hours(-2) };
    const strange = { extensions: [unknownCritical] };
    expect(status([base, crl(ca, { ...parts, ...late })])).toBe('revoked');
    expect(status([base, crl(ca, { ...parts, ...strange })])).toBe('revoked');
    expect(status([base, crl(ca, { ...parts, thisUpdate: hours(1) })])).toBe('good');
    expect(status([crl(ca, { number: 6n }), crl(ca, { ...parts, ...strange })])).toBe('good');
  });

  it('a hold in a delta lapses with it, and with a newer one that counts', () => {
    const base = crl(ca, complete);
    const parts = { number: 6n, base: 5n, entries: [entry(leaf, 'certificateHold')] };
    const late = { nextUpdate: hours(-1), thisUpdate: hours(-2) };
    const strange = crl(ca, { ...parts, extensions: [unknownCritical] });
    expect(status([base, crl(ca, { ...parts, ...late })])).toBe('good');
    expect(status([base, strange])).toBe('revoked');
    expect(status([base, strange, crl(ca, { number: 7n, base: 5n })])).toBe('good');
    expect(status([base, crl(ca, { ...lifting, ...late })])).toBe('good');
  });

  it('a delta of another part changes nothing', () => {
    const scope = { onlyContainsUserCerts: true };
    const delta = crl(ca, { number: 6n, base: 5n, scope, entries: [entry(leaf)] });
    expect(status([crl(ca, complete), delta])).toBe('good');
    expect(status([crl(ca, { ...complete, scope }), delta])).toBe('revoked');
  });

  it('a delta by another key of the CA changes nothing', () => {
    const rekeyed = issue({ subject: 'CN=CA', isCa: true, issuer: root });
    const delta = crl(rekeyed, { number: 6n, base: 5n, entries: [entry(leaf)] });
    const crls = [crl(ca, complete), crl(root), delta];
    expect(status(crls, { pool: [rekeyed] })).toBe('good');
  });
});
