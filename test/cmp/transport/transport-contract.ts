import { afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../../src/cmp/transport/transport.ts';

/** A transport to a peer that the test plays. */
export interface TransportUnderTest {
  readonly transport: Transport;
  /** Stop the peer. */
  close(): Promise<void>;
}

/** Answers one message; `undefined` is no answer at all. */
export type Peer = (der: Uint8Array) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** What every transport does, whatever it is made of. */
export function transportContract(
  name: string,
  make: (peer: Peer) => Promise<TransportUnderTest>,
): void {
  describe(`${name} as a Transport`, () => {
    const closers: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0).toReversed()) await close();
    });

    async function open(peer: Peer): Promise<Transport> {
      const made = await make(peer);
      closers.push(
        () => made.close(),
        () => made.transport.close(),
      );
      return made.transport;
    }

    it('brings the octets of the answer unchanged', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      const seen: Uint8Array[] = [];
      const transport = await open((der) => {
        seen.push(Uint8Array.from(der));
        return all.toReversed();
      });
      expect(Uint8Array.from(await transport.exchange(all))).toEqual(all.toReversed());
      expect(seen).toEqual([all]);
    });

    it('carries the messages of a transaction one after the other', async () => {
      const transport = await open((der) => Uint8Array.of((der[0] ?? 0) + 1, 0));
      for (let i = 0; i < 10; i++) {
        expect((await transport.exchange(Uint8Array.of(i)))[0]).toBe(i + 1);
      }
    });

    it('carries a message of 100 000 octets both ways', async () => {
      const transport = await open((der) => der);
      const long = new Uint8Array(100_000).fill(0x30);
      expect((await transport.exchange(long)).length).toBe(long.length);
    });

    it('sends exactly the view it is given, not the memory around it', async () => {
      const transport = await open((der) => der);
      const memory = Uint8Array.of(9, 9, 1, 2, 3, 9);
      expect([...(await transport.exchange(memory.subarray(2, 5)))]).toEqual([1, 2, 3]);
    });

    it('gives the reason of a signal that is aborted before', async () => {
      let calls = 0;
      const transport = await open((der) => {
        calls += 1;
        return der;
      });
      const reason = new Error('Ctrl-C');
      await expect(transport.exchange(Uint8Array.of(1), AbortSignal.abort(reason))).rejects.toBe(
        reason,
      );
      expect(calls).toBe(0);
    });

    it('gives the reason of a signal that is aborted while it waits', async () => {
      const reason = new Error('Ctrl-C');
      const controller = new AbortController();
      const transport = await open(() => {
        controller.abort(reason);
        return undefined;
      });
      await expect(transport.exchange(Uint8Array.of(1), controller.signal)).rejects.toBe(reason);
    });

    it('can be closed again, and without having been used', async () => {
      const transport = await open((der) => der);
      await transport.close();
      await expect(transport.close()).resolves.toBeUndefined();
    });
  });
}
