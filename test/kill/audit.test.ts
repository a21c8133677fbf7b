import { expect, it } from 'vitest';
import { pairwise, upTo } from './casualty.ts';
import { initialize } from './commands.ts';
import { openScene } from './scene.ts';

it('the audit trail has each command that was killed: without a result, until the result is its last write', async () => {
  const scene = await openScene({ implicitConfirm: true });
  const unharmed = await scene.client('unharmed');
  const { write: writes } = await unharmed.runCounted(initialize);

  await pairwise(upTo(writes), async (nth) => {
    const client = await scene.client(`gw-${nth}`);
    await client.runKilled(initialize, 'write', nth);
    const [act] = await client.withStore((store) => store.audit.list());
    expect([act?.what, act?.result?.exitCode], `write ${nth}`).toStrictEqual([
      'cmp initialize',
      nth === writes ? 0 : undefined,
    ]);
    const { out } = await client.run('show audit');
    const shown = nth === writes ? 'done' : 'unfinished';
    expect(out, `write ${nth}`).toContain(` ${shown} `);
  });
}, 60_000);
