import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ledgerSchema } from '../../src/ca/ledger-schema.ts';
import { openLedger } from '../../src/ca/ledger.ts';
import { openDatabase } from '../../src/store/database.ts';
import { clockAt, temporaryDirectory } from './lab-under-test.ts';

const now = new Date('2026-11-01T12:00:00Z');
const clock = clockAt(now);
const octets = Uint8Array.of(1);

describe('the ledger', () => {
  it('goes on with what an older lab wrote, revocations included', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'lab.db');
    const old = await openDatabase({ path, migrations: ledgerSchema.slice(0, 1), clock });
    await old.write((sql) =>
      sql.run(
        `INSERT INTO certificates VALUES (1, ?, ?, '05', 'CN=gw1', ?, 'revoked', NULL, ?, ?)`,
        octets,
        octets,
        octets,
        now,
        now,
      ),
    );
    await old.close();
    const ledger = await openLedger(directory, clock);
    expect(await ledger.certificates()).toMatchObject([
      { status: 'revoked', revocation: { at: now, reason: 'unspecified' } },
    ]);
    await ledger.close();
  });

  it('keeps of two CRLs with one number the first', async () => {
    const ledger = await openLedger(temporaryDirectory(), clock);
    const crl = {
      issuer: 'issuing',
      der: octets,
      number: 2,
      thisUpdate: now,
      nextUpdate: now,
      entries: 0,
    } as const;
    expect(await ledger.putCrl(crl)).toEqual(crl);
    expect(await ledger.putCrl({ ...crl, der: Uint8Array.of(9) })).toEqual(crl);
    expect(await ledger.crl('root')).toBeUndefined();
    await ledger.close();
  });
});
