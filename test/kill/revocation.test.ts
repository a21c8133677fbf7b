import { describe, expect, it } from 'vitest';
import { isSettled, pairwise, upTo } from './casualty.ts';
import { initialize, poll } from './commands.ts';
import { openScene, type Client } from './scene.ts';

const revoke = 'cmp revoke current-cert NAME reason keyCompromise';

async function initialized(client: Client): Promise<void> {
  const { code, err } = await client.run(initialize);
  if (code !== 0) throw new Error(`Cannot initialize: ${err}`);
}

function isOutstanding(client: Client): Promise<boolean> {
  return client.withStore(async (store) => (await store.transactions.outstanding()).length > 0);
}

/** Check that the certificate is revoked, at the lab and here, for the reason that was given. */
async function expectRevoked(client: Client, label: string): Promise<void> {
  expect(await client.issued(), label).toMatchObject([{ status: 'revoked' }]);
  await client.withStore(async (store) => {
    expect(await store.certificates.current(client.name), label).toBeUndefined();
    expect(await store.certificates.latest(client.name), label).toMatchObject({
      status: 'revoked',
      revocationReason: 'keyCompromise',
    });
    const [line] = await store.history.list();
    expect(line, label).toMatchObject({ operation: 'rr', result: 'revoked' });
  });
  expect(await isSettled(client), label).toBe(true);
}

describe('cmp revoke killed after each of its writes', () => {
  it.each([
    ['cmp poll', poll],
    ['the same command', revoke],
  ])(
    'goes on with %s',
    async (_, again) => {
      const scene = await openScene({});
      const unharmed = await scene.client('unharmed');
      await initialized(unharmed);
      const { write: writes } = await unharmed.runCounted(revoke);
      await expectRevoked(unharmed, 'unharmed');

      await pairwise(upTo(writes), async (nth) => {
        const label = `write ${nth} of ${writes}`;
        const client = await scene.client(`gw-${nth}`);
        await initialized(client);
        await client.runKilled(revoke, 'write', nth);
        const isBegun = await isOutstanding(client);
        const isDone = (await client.issued())[0]?.status === 'revoked' && !isBegun;

        // What was done is not done again; the same words then say so.
        const { code, err } = await client.run(isBegun ? again : revoke);
        const ended = [code === 0, err.includes('was revoked at')];
        expect(ended, `${label}: ${err}`).toEqual([!isDone, isDone]);
        await expectRevoked(client, label);
        const repeated = await client.run(revoke);
        expect(repeated.err, label).toContain('was revoked at');
      });
    },
    60_000,
  );

  it('and after its answer had come marks the certificate all the same', async () => {
    const scene = await openScene({});
    const client = await scene.client('gw');
    await initialized(client);
    await client.runKilled(revoke, 'answer', 1);
    expect(await client.issued()).toMatchObject([{ status: 'revoked' }]);
    expect(await isOutstanding(client)).toBe(true);

    const { code, err } = await client.run(poll);
    expect(code, err).toBe(0);
    await expectRevoked(client, 'after its answer');
  });
});
