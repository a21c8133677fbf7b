import { describe, expect, it } from 'vitest';
import { earlyCrls } from '../../src/validation/early-crls.ts';
import { makeCrl } from '../revocation/crl-made.ts';
import { ca, crlServer, keeping, numbersOf, pointAt, pointing, type Keeping } from './crl-kept.ts';

/** Find as somebody who wants the next one before the end of the one that is held. */
async function early({ keeper, store, clock }: Keeping, url: string) {
  const rules = {
    use: true,
    configured: [],
    fromCertificates: true,
    useDeltas: false,
    clockSkewSeconds: 300,
  };
  const found = await earlyCrls(keeper, store).find(
    pointing(pointAt(url)).certificate,
    [pointAt(url)],
    rules,
    { at: clock.now(), clockSkewSeconds: 300 },
    new AbortController().signal,
    () => true,
  );
  await keeper.keep(found.crls.map((crl) => ({ crl, signer: ca.certificate })));
  return found;
}

function crlOf({ clock }: Keeping, number: bigint, hours = 1): Uint8Array {
  const thisUpdate = clock.now();
  const nextUpdate = new Date(thisUpdate.getTime() + hours * 3_600_000);
  return makeCrl(ca, { number, thisUpdate, nextUpdate });
}

describe('earlyCrls()', () => {
  it('has what is held before the half of its time', async () => {
    const kept = await keeping();
    const server = await crlServer(crlOf(kept, 1n));
    await early(kept, server.url);
    await kept.clock.advance(1700);
    expect(numbersOf(await early(kept, server.url))).toStrictEqual([1n]);
    expect(server.requests).toHaveLength(1);
  });

  it('fetches the next one after three quarters of it, and has both', async () => {
    const kept = await keeping();
    const server = await crlServer(crlOf(kept, 1n));
    await early(kept, server.url);
    await kept.clock.advance(2800);
    server.serve(crlOf(kept, 2n));
    expect(numbersOf(await early(kept, server.url))).toStrictEqual([1n, 2n]);
    expect(numbersOf(await early(kept, server.url))).toStrictEqual([2n]);
    expect(server.requests).toHaveLength(2);
  });

  it('has what is held where there is no other yet, and asks for that again later', async () => {
    const kept = await keeping();
    const server = await crlServer(crlOf(kept, 1n));
    await early(kept, server.url);
    await kept.clock.advance(2800);
    for (const _ of [1, 2]) {
      expect(numbersOf(await early(kept, server.url))).toStrictEqual([1n]);
    }
    expect(server.requests).toHaveLength(2);
    await kept.clock.advance(650);
    expect(numbersOf(await early(kept, server.url))).toStrictEqual([1n]);
    expect(server.requests).toHaveLength(3);
  });
});
