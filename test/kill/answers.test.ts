import { describe, expect, it } from 'vitest';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { bodiesOnce, expectWhole, look, pairwise, timesSeen, upTo } from './casualty.ts';
import { commands, poll } from './commands.ts';
import { openScene } from './scene.ts';

const settings: Partial<LabSettings> = { polls: 2, checkAfterSeconds: 2, implicitConfirm: false };
for (const [command, words, request, prepare] of commands) {
  const sequence = [request, 'pollReq', 'pollReq', 'pollReq', 'certConf'];
  // Every answer of the lab: to the request, to two polls in vain, to the third, to certConf.
  const answers = sequence.length;

  describe(`${command} killed when an answer came and was not stored`, () => {
    it('asks again with the same octets, and is told the same', async () => {
      const scene = await openScene(settings);
      await pairwise(upTo(answers), async (nth) => {
        const label = `answer ${nth}`;
        const client = await scene.client(`gw-${nth}`);
        await prepare(client);
        const [already, ahead] = [(await client.issued()).length, bodiesOnce(client).length];
        await client.runKilled(words, 'answer', nth);
        const left = await look(client, -1);
        expect(timesSeen(client, left), label).toBe(1);

        const { code, err } = await client.run(poll);
        expect(code, `${label}: ${err}`).toBe(0);
        expect(timesSeen(client, left), `${label}: the same octets again`).toBe(2);
        await expectWhole(client, left, label);
        expect(await client.issued(), `${label}: issued`).toHaveLength(already + 1);
        expect(bodiesOnce(client).slice(ahead), label).toEqual(sequence);
      });
    }, 60_000);

    it('begins a new operation with the same key, and says so, where a CA answers nothing twice', async () => {
      const scene = await openScene({ ...settings, retransmission: 'refuse' });
      await pairwise(upTo(answers), async (nth) => {
        const label = `answer ${nth}`;
        const client = await scene.client(`gw-${nth}`);
        await prepare(client);
        const [already, ahead] = [(await client.issued()).length, bodiesOnce(client).length];
        await client.runKilled(words, 'answer', nth);
        const left = await look(client, -1);

        const { code, err } = await client.run(poll);
        expect(code, `${label}: ${err}`).toBe(0);
        expect(timesSeen(client, left), `${label}: the same octets again`).toBe(2);
        await expectWhole(client, left, label);
        // The last answer is to certConf: that it came before is all we wanted to know.
        const isAnew = nth < answers;
        expect(err.includes('transactionIdInUse'), `${label}: ${err}`).toBe(isAnew);
        expect(err.includes('the same follows in a new transaction'), err).toBe(isAnew);
        const again = isAnew ? sequence : [];
        expect(bodiesOnce(client).slice(ahead), label).toEqual([
          ...sequence.slice(0, nth),
          ...again,
        ]);
        // What was issued in the lost answer nobody holds; the lab never saw it confirmed.
        const lost = nth === answers - 1 ? 1 : 0;
        expect(await client.issued(), `${label}: issued`).toHaveLength(already + 1 + lost);
      });
    }, 60_000);
  });
}
