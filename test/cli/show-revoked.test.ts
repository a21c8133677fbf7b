import { describe, expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { parseLabel } from '../../src/base/label.ts';
import { gatewayPem } from './certificates.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

async function benchWithRevoked(): Promise<Bench> {
  const bench = makeBench();
  await bench.withStore(async (store) => {
    const name = parseLabel('gw1', 'name');
    const der = decodePem(gatewayPem)[0]?.der ?? new Uint8Array();
    const { id } = await store.certificates.import({
      name,
      der,
      chain: [],
      source: 'import',
      at: now,
    });
    const opened = await store.transactions.open(
      {
        name,
        operation: 'rr',
        ca: parseLabel('rootA', 'name'),
        url: 'http://ra.example/pkix/',
        isUrlGiven: false,
        credential: { type: 'signature', certificateId: id },
        transactionID: Uint8Array.of(1),
        phase: 'requested',
        state: Uint8Array.of(1),
        outgoing: Uint8Array.of(1),
        openedAt: now,
        deadline: now,
      },
      [],
    );
    const outcome = { type: 'revoked', certificateId: id, reason: 'keyCompromise' } as const;
    await store.transactions.finish(opened, outcome, now, []);
  });
  return bench;
}

describe('show cert', () => {
  it('lists a revoked certificate as revoked while no other is current', async () => {
    const bench = await benchWithRevoked();
    expect((await bench.run(['show', 'cert'])).out).toMatch(/^Pub +[0-9a-f]{8} +revoked +/m);
    const json = await bench.run(['show', 'cert', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ certificates: [{ label: 'gw1', revoked: true }] });
  });

  it('says when and why a certificate was revoked', async () => {
    const bench = await benchWithRevoked();
    const { out } = await bench.run(['show', 'cert', 'gw1']);
    expect(out).toMatch(/^state +revoked, version 1$/m);
    expect(out).toMatch(/^revoked +2026-12-01T00:00:00Z, keyCompromise$/m);
    const json = await bench.run(['show', 'cert', 'gw1', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      certificate: {
        status: 'revoked',
        revokedAt: '2026-12-01T00:00:00Z',
        revocationReason: 'keyCompromise',
      },
    });
  });
});

describe('cmp auto-update', () => {
  it('says of a revoked certificate that it is revoked', async () => {
    const bench = await benchWithRevoked();
    const { code, err } = await bench.run('cmp auto-update current-name gw1 time 30'.split(' '));
    expect(code).toBe(9);
    expect(err).toContain('Cannot have "gw1" renewed: it is revoked');
  });
});
