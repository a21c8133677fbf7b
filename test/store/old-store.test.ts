import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';

import { openStore } from '../../src/store/open.ts';
import { schema } from '../../src/store/schema.ts';
import { coded, named, newTransaction, storeOptions, temporaryDirectory } from './sample.ts';

describe('a store of version 1', () => {
  it('comes through with what is outstanding, its key, its certificates and its numbers', async () => {
    const directory = oldStore();
    const store = await openStore(storeOptions(directory));
    onTestFinished(() => store.close());

    expect(await store.transactions.outstanding()).toStrictEqual([
      {
        id: 7,
        revision: 3,
        name: 'gw1',
        operation: 'cr',
        ca: 'lab',
        url: 'http://ra.example/',
        isUrlGiven: true,
        keyId: 4,
        previousCertificateId: 2,
        previousName: 'vendor',
        credentialType: 'signature',
        transactionID: Uint8Array.of(1, 2),
        phase: 'waiting',
        state: Uint8Array.of(3),
        outgoing: Uint8Array.of(4),
        nextAt: new Date(60_000),
        openedAt: new Date(1000),
        deadline: new Date(99_000),
        text: 'Later',
        polls: 5,
        stagedCertificateId: 3,
      },
    ]);
    expect(await store.transactions.credential(7)).toStrictEqual({
      type: 'signature',
      certificateId: 2,
    });
    expect(await store.keys.publicKey(4)).toStrictEqual({
      id: 4,
      spki: Uint8Array.of(0xaa),
      createdAt: new Date(500),
    });
    expect(await store.certificates.current('vendor')).toMatchObject({ id: 2, version: 1 });
    expect((await store.statistics.read()).counters).toStrictEqual([
      { ca: 'lab', counter: 'sent.cr', value: 2 },
    ]);
    expect(await store.history.list()).toMatchObject([{ name: 'gw1', result: 'outstanding' }]);
  });

  it('goes on counting its transactions: no new one is taken for a closed one', async () => {
    const directory = oldStore('DELETE FROM transactions');
    const store = await openStore(storeOptions(directory));
    onTestFinished(() => store.close());

    const opened = await store.transactions.open(newTransaction({ name: named('gw2') }), []);
    expect(opened.id).toBe(8);
    const stale = { id: 7, revision: 1 };
    await expect(
      store.transactions.finish(stale, { type: 'failed', text: 'why' }, new Date(0), []),
    ).rejects.toMatchObject(coded('STORE_CONFLICT'));
  });

  it('knows of a lease’s holder what was written of it', async () => {
    const store = await openStore(storeOptions(oldStore()));
    onTestFinished(() => store.close());

    expect(await store.leases.holder('gw1')).toStrictEqual({
      id: 'a',
      pid: 4711,
      startedAt: '99',
      host: 'gw',
      boot: '',
      pidNamespace: '',
      since: new Date(1000),
    });
  });
});

/** Write a store as the first certkeeper did: version 1 of the schema was released and never changes. */
function oldStore(last = ''): string {
  const directory = temporaryDirectory();
  const connection = new Sqlite(join(directory, 'store.db'));
  connection.pragma('journal_mode = WAL');
  connection.exec(`${schema[0]?.sql ?? ''}
    INSERT INTO keys VALUES (4, x'aa', x'bb', 500);
    INSERT INTO certificates (id, name, version, status, der, source, created_at) VALUES
      (2, 'vendor', 1, 'current', x'cc', 'import', 600),
      (3, 'gw1', 0, 'staged', x'dd', 'cmp', 700);
    INSERT INTO transactions VALUES (7, 3, 'gw1', 'cr', 'lab', 'http://ra.example/', 1, 4, 2,
      'signature', NULL, NULL, 2, x'0102', 'waiting', x'03', x'04', 60000, 1000, 99000, 'Later', 5, 3);
    INSERT INTO leases VALUES ('gw1', 1, 'a', 4711, '99', 'gw', 1000, 90000);
    INSERT INTO history (transaction_id, operation, name, ca, result, opened_at)
      VALUES ('0102', 'cr', 'gw1', 'lab', 'outstanding', 1000);
    INSERT INTO statistics VALUES ('lab', 'sent.cr', 2);
    INSERT INTO statistics_since VALUES (1, 1000);
    ${last}`);
  connection.pragma('user_version = 1');
  connection.close();
  return directory;
}
