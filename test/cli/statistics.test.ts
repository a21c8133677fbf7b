import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import type { LifecycleEvent } from '../../src/base/events.ts';
import type { TransactionOutcome } from '../../src/store/records-contract.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

/** Take a transaction through, as long as it takes and however it ends. */
async function transaction(
  bench: Bench,
  ca: string,
  outcome: TransactionOutcome,
  seconds: number,
  ...what: readonly Pick<LifecycleEvent & { type: 'error' }, 'type' | 'code' | 'errorClass'>[]
): Promise<void> {
  number++;
  const transactionID = Uint8Array.of(number);
  const at = new Date(now.getTime() + seconds * 1000);
  const says = { at, name: `gw${number}`, ca, transactionID: toHex(transactionID) };
  await bench.withStore(async (store) => {
    const opened = await store.transactions.open(
      {
        name: parseLabel(says.name, 'name'),
        operation: outcome.type === 'revoked' ? 'rr' : 'ir',
        ca: parseLabel(ca, 'ca'),
        url: 'http://ra.example/pkix/',
        isUrlGiven: false,
        credential: { type: 'mac', reference: 'gw1', secret: Uint8Array.of(3) },
        transactionID,
        phase: 'waiting',
        state: Uint8Array.of(4),
        outgoing: Uint8Array.of(5),
        openedAt: now,
        deadline: new Date('2026-12-15T00:00:00Z'),
      },
      [{ ...says, type: 'sent', body: 'ir' }],
    );
    const events = what.map((each) => ({ ...says, ...each }));
    await store.transactions.finish(opened, outcome, at, [
      { ...says, type: 'received', body: 'ip', status: 'rejection', failInfo: ['badAlg'] },
      { ...says, type: 'sent', body: 'pollReq' },
      ...events,
    ]);
  });
}
let number = 0;

const rejected = { type: 'rejected', text: 'No' } as const;
const http = { type: 'error', code: 'HTTP_STATUS', errorClass: 'http' } as const;
const asn1 = { type: 'error', code: 'DER_MALFORMED', errorClass: 'asn1' } as const;

async function twoCas(): Promise<Bench> {
  const bench = makeBench();
  await transaction(bench, 'one', rejected, 2, http);
  await transaction(bench, 'one', rejected, 5, http, asn1);
  await transaction(bench, 'two', rejected, 1);
  await transaction(bench, 'two', { type: 'revoked' }, 4);
  return bench;
}

describe('show cmp statistics', () => {
  it('counts by CA and in all, each class of errors apart, also those there were none of', async () => {
    const { out } = await (await twoCas()).run(['show', 'cmp', 'statistics']);
    const rows = out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3));
    expect(rows).toEqual(
      expect.arrayContaining([
        ['one', 'transaction.ir.rejected', '2'],
        ['one', 'error.http', '2'],
        ['one', 'error.asn1', '1'],
        ['one', 'error.transport', '0'],
        ['two', 'error.http', '0'],
        ['two', 'transaction.rr.revoked', '1'],
        ['all CAs', 'transaction.ir.rejected', '3'],
        ['all CAs', 'error.http', '2'],
        ['all CAs', 'error.protection', '0'],
        ['all CAs', 'error.policy', '0'],
        ['all CAs', 'polls', '4'],
        ['all CAs', 'sent.pollReq', '4'],
        ['all CAs', 'received.ip', '4'],
        ['all CAs', 'status.rejection', '4'],
        ['all CAs', 'failInfo.badAlg', '4'],
      ]),
    );
  });

  it('tells how long the CAs took, shortest, mean and longest', async () => {
    const { out } = await (await twoCas()).run(['show', 'cmp', 'statistics']);
    expect(out).toMatch(/^one +ir +2 +2\.0 s +3\.5 s +5\.0 s$/m);
    expect(out).toMatch(/^two +rr +1 +4\.0 s +4\.0 s +4\.0 s$/m);
    expect(out).toMatch(/^all CAs +ir +3 +1\.0 s +2\.7 s +5\.0 s$/m);
  });

  it('says the same as JSON', async () => {
    const { out } = await (await twoCas()).run(['show', 'cmp', 'statistics', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      since: '2026-12-01T00:00:00Z',
      counters: { one: { 'error.http': 2, 'error.policy': 0 }, two: { 'error.http': 0 } },
      lastAt: { one: { 'error.http': '2026-12-01T00:00:05Z' } },
      durations: { one: { ir: { count: 2, minMs: 2000, meanMs: 3500, maxMs: 5000 } } },
      all: {
        counters: { 'error.http': 2, polls: 4 },
        lastAt: { 'received.ip': '2026-12-01T00:00:05Z' },
        durations: { ir: { count: 3, minMs: 1000, meanMs: 2667, maxMs: 5000 } },
      },
    });
  });

  it('names no total of one CA', async () => {
    const bench = makeBench();
    await transaction(bench, 'one', rejected, 2);
    expect((await bench.run(['show', 'cmp', 'statistics'])).out).not.toContain('all CAs');
  });
});

describe('show cmp history', () => {
  it('tells ID, type, name, CA, result, times and the CA’s text', async () => {
    const bench = makeBench();
    await transaction(bench, 'one', rejected, 2);
    await transaction(bench, 'one', { type: 'revoked', text: 'Done' }, 3);
    const { out } = await bench.run(['show', 'cmp', 'history', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      history: [
        { request: 'rr', result: 'revoked', text: 'Done', closedAt: '2026-12-01T00:00:03Z' },
        {
          request: 'ir',
          name: expect.stringMatching(/^gw/),
          ca: 'one',
          result: 'rejected',
          text: 'No',
          openedAt: '2026-12-01T00:00:00Z',
          transactionID: expect.stringMatching(/^[0-9a-f]+$/),
        },
      ],
    });
    const text = (await bench.run(['show', 'cmp', 'history'])).out;
    expect(text).toMatch(/2026-12-01T00:00:03Z +gw\d+ +rr +one +revoked +[0-9a-f]+ +Done$/m);
  });
});
