import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import {
  certificateState,
  deliveryState,
  stateText,
  type CertificateFacts,
  type NameFacts,
} from '../../src/lifecycle/certificate-state.ts';
import type { DeploymentState } from '../../src/store/deployments-contract.ts';
import type { CertificateRecord } from '../../src/store/store.ts';

const now = new Date('2026-12-01T00:00:00Z');
const active: CertificateFacts = {
  status: 'current',
  source: 'cmp',
  delivery: 'done',
  notBefore: new Date('2026-11-01T00:00:00Z'),
  notAfter: new Date('2027-11-01T00:00:00Z'),
};

function stateOf(certificate: Partial<CertificateFacts>, facts: Partial<NameFacts> = {}): string {
  const all = { hasKeyRequest: false, ...facts, certificate: { ...active, ...certificate } };
  return stateText(certificateState(all, now));
}

const renewal = { operation: 'kur', phase: 'waiting' } as const;
const revocation = { operation: 'rr', phase: 'requested' } as const;
const over = { notAfter: now };

function without(facts: Partial<NameFacts>): string {
  return stateText(certificateState({ hasKeyRequest: false, ...facts }, now));
}

describe('certificateState() of a name without a certificate', () => {
  it('says that there is nothing, or a key that waits for its certificate', () => {
    expect(without({})).toBe('none');
    expect(without({ hasKeyRequest: true })).toBe('awaiting import');
  });

  it.each([
    ['requested', 'requested'],
    ['polled', 'waiting'],
    ['waiting', 'waiting'],
    ['refusing', 'received'],
    ['confirming', 'staged'],
    ['granted', 'confirmed'],
  ])('says of a request in phase %s that it is %s', (phase, expected) => {
    expect(without({ outstanding: { operation: 'ir', phase }, hasKeyRequest: true })).toBe(
      expected,
    );
  });
});

describe('certificateState() of a certificate', () => {
  it.each<[string, Partial<CertificateFacts>, Partial<NameFacts>]>([
    ['active', {}, {}],
    ['active', { source: 'import', delivery: 'none' }, {}],
    ['tracked', { source: 'track', delivery: 'none' }, {}],
    ['expiring', { notAfter: new Date('2026-12-07T00:00:00Z') }, {}],
    ['active', { notAfter: new Date('2026-12-07T00:00:00Z') }, { warnHours: 24 }],
    ['expiring', { source: 'track', notAfter: new Date('2026-12-07T00:00:00Z') }, {}],
    ['expired', over, {}],
    ['not yet valid', { notBefore: new Date('2026-12-01T00:00:01Z') }, {}],
    ['renewing, waiting', {}, { outstanding: renewal }],
    ['renewing, waiting', { notAfter: new Date('2026-12-07T00:00:00Z') }, { outstanding: renewal }],
    ['revoking, requested', {}, { outstanding: revocation }],
    ['deploy pending', { delivery: 'pending' }, { outstanding: renewal }],
    ['deployed, not in use', { delivery: 'not in use' }, {}],
    ['expired', { ...over, delivery: 'pending' }, { outstanding: renewal }],
    ['revoked', { status: 'revoked', ...over }, { outstanding: renewal }],
    ['superseded', { status: 'superseded', ...over }, {}],
    ['refused', { status: 'refused' }, {}],
    ['unconfirmed', { status: 'unconfirmed' }, {}],
    ['staged', { status: 'staged' }, {}],
    ['confirmed', { status: 'staged' }, { outstanding: { operation: 'ir', phase: 'granted' } }],
  ])('is "%s" for %j and %j', (expected, certificate, facts) => {
    expect(stateOf(certificate, facts)).toBe(expected);
  });

  it('tells one state of every combination of what the store may hold', () => {
    const sources = ['cmp', 'import', 'fetch', 'track'] as const;
    const statuses = ['staged', 'current', 'superseded', 'revoked', 'refused', 'unconfirmed'];
    const deliveries = ['none', 'done', 'pending', 'not in use'] as const;
    for (const source of sources)
      for (const status of statuses)
        for (const delivery of deliveries)
          for (const outstanding of [undefined, renewal, revocation])
            for (const end of [now, active.notAfter]) {
              const state = stateOf(
                // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the words above
                { source, status: status as CertificateFacts['status'], delivery, notAfter: end },
                { ...(outstanding && { outstanding }) },
              );
              expect(state).not.toBe('none');
            }
  });
});

describe('deliveryState()', () => {
  const record: CertificateRecord = {
    id: 7,
    name: parseLabel('gw1', 'name'),
    version: 1,
    status: 'current',
    der: new Uint8Array(),
    chain: [],
    source: 'cmp',
    createdAt: now,
  };
  const deployment = (state?: DeploymentState, certificateId = 7) => ({
    label: parseLabel('web', 'name'),
    files: [],
    ...(state && { status: { state, certificateId, at: now } }),
  });

  it('is pending until what came from a CA is delivered', () => {
    expect(deliveryState(record, [])).toBe('pending');
    expect(deliveryState({ ...record, deliveredAt: now }, [])).toBe('done');
  });

  it('is nothing for what is imported without a deployment, tracked, or not in force', () => {
    expect(deliveryState({ ...record, source: 'import' }, [])).toBe('none');
    expect(deliveryState({ ...record, source: 'import' }, [deployment()])).toBe('pending');
    expect(deliveryState({ ...record, source: 'track' }, [deployment()])).toBe('none');
    expect(deliveryState({ ...record, status: 'superseded' }, [])).toBe('none');
  });

  it('tells what is not in use from what is not there', () => {
    expect(deliveryState(record, [deployment('unused'), deployment('deployed')])).toBe(
      'not in use',
    );
    expect(deliveryState(record, [deployment('unused'), deployment('pending')])).toBe('pending');
    expect(deliveryState(record, [deployment('unused', 6)])).toBe('pending');
  });
});
