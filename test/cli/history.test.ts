import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import { makeBench, now } from './run-cli.ts';

describe('show cmp history', () => {
  it('tells a failInfo once, which the text of a rejection has in it', async () => {
    const bench = makeBench();
    const transactionID = Uint8Array.of(1);
    const says = { at: now, name: 'gw1', ca: 'rootA', transactionID: toHex(transactionID) };
    const rejected = { type: 'rejected', text: 'rejection (badPOP): no' } as const;
    await bench.withStore(async (store) => {
      const opened = await store.transactions.open(
        {
          name: parseLabel('gw1', 'name'),
          operation: 'ir',
          ca: parseLabel('rootA', 'ca'),
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
      await store.transactions.finish(opened, rejected, now, [
        { ...says, ...rejected, failInfo: ['badPOP'] },
      ]);
    });
    const { out } = await bench.run(['show', 'cmp', 'history']);
    expect(out).toMatch(/ rejected +01 +rejection \(badPOP\): no\n/);
  });
});
