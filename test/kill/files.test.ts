import { describe, expect, it } from 'vitest';
import { expectWhole, look, pairwise, upTo } from './casualty.ts';
import { initialize, poll, update } from './commands.ts';
import { openScene, type Client } from './scene.ts';

const parts = ['key', 'chain', 'cert'];

/** The three files services read, by part; absent where there is none. */
function set({ name, files }: Client): readonly (string | undefined)[] {
  const all = files();
  return parts.map((part) => all.get(`${name}.${part}.pem`));
}

describe('a delivery killed after each change to the directory', () => {
  it('of a first certificate is completed by the next poll', async () => {
    const scene = await openScene({ implicitConfirm: true });
    const { file: changes } = await (await scene.client('unharmed')).runCounted(initialize);
    expect(changes).toBeGreaterThanOrEqual(8);

    await pairwise(upTo(changes), async (nth) => {
      const label = `change ${nth} of ${changes}`;
      const client = await scene.client(`gw-${nth}`);
      await client.runKilled(initialize, 'file', nth);
      const left = await look(client, -1);
      const torn = set(client);
      const { code, out, err } = await client.run(poll);
      expect(code, `${label}: ${err}`).toBe(0);
      expect(out, label).toContain('its files are written now');
      await expectWhole(client, left, label);
      // What a reader could see before is what stands now.
      const whole = set(client);
      for (const [index, text] of torn.entries()) {
        expect([undefined, whole[index]], `${label}: ${parts[index]}`).toContain(text);
      }
    });
  }, 60_000);

  it('of an update leaves whole files at any moment, and a whole set after the next poll', async () => {
    const scene = await openScene({ implicitConfirm: true });
    const unharmed = await scene.client('unharmed');
    await unharmed.run(initialize);
    const { file: changes } = await unharmed.runCounted(update);
    expect(changes).toBeGreaterThanOrEqual(12);

    await pairwise(upTo(changes), async (nth) => {
      const label = `change ${nth} of ${changes}`;
      const client = await scene.client(`gw-${nth}`);
      await client.run(initialize);
      const before = set(client);
      await client.runKilled(update, 'file', nth);
      const left = await look(client, -1);
      const torn = set(client);
      const { code, err } = await client.run(poll);
      expect(code, `${label}: ${err}`).toBe(0);
      await expectWhole(client, left, label);

      const after = set(client);
      for (const [index, text] of torn.entries()) {
        expect([before[index], after[index]], `${label}: ${parts[index]}`).toContain(text);
      }
      const files = client.files();
      const kept = parts.map((part) =>
        files.get(`${client.name}.previous/${client.name}.${part}.pem`),
      );
      expect(kept, `${label}: the previous set`).toEqual(before);
    });
  }, 60_000);
});
