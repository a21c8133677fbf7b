import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { scaled } from '../harness/effort.ts';
import {
  begun,
  bodiesOnce,
  expectWhole,
  look,
  pairwise,
  timesSeen,
  upTo,
  type Left,
  isSettled,
} from './casualty.ts';
import { commands, initialize, poll } from './commands.ts';
import { bodies, openScene, type Client } from './scene.ts';

const polling: Partial<LabSettings> = { polls: 2, checkAfterSeconds: 2 };

const ways = [
  ['confirmed explicitly', { ...polling, implicitConfirm: false }, ['certConf']],
  ['with implicitConfirm', { ...polling, implicitConfirm: true }, []],
] as const;

/** Say what is due next, by what is stored: the stored message as it is, a new poll, or nothing. */
function due({ record, spki }: Left, request: string): string {
  if (!spki) return `a new ${request}`;
  if (!record || record.phase === 'granted') return 'nothing';
  if (record.phase === 'waiting') return 'a new pollReq';
  return toHex(record.outgoing ?? new Uint8Array());
}

/** Say in the same words what the lab received after a number of messages. */
function sentNext(client: Client, { record, spki }: Left, before: number): string {
  const next = client.received()[before];
  if (!next) return 'nothing';
  if (!spki || record?.phase === 'waiting') return `a new ${bodies([next]).join('')}`;
  return toHex(next);
}

for (const [command, words, request, prepare] of commands) {
  describe(`${command} killed after each of its writes`, () => {
    for (const [way, settings, confirmation] of ways) {
      const sequence = [request, 'pollReq', 'pollReq', 'pollReq', ...confirmation];

      it(`goes on with cmp poll, ${way}`, async () => {
        const scene = await openScene(settings);
        const unharmed = await scene.client('unharmed');
        await prepare(unharmed);
        const { write: writes } = await unharmed.runCounted(words);
        expect(bodies(unharmed.received()).slice(-sequence.length)).toEqual(sequence);
        const already = (await unharmed.issued()).length - 1;

        const killed: number[] = [];
        for (let round = 1; round <= scaled(1); round++) {
          await pairwise(upTo(writes), async (nth) => {
            const label = `write ${nth} of ${writes}`;
            const client = await scene.client(`gw-${round}-${nth}`);
            await prepare(client);
            const ahead = bodiesOnce(client).length;
            const earlier = await begun(client);
            await client.runKilled(words, 'write', nth);
            killed.push(nth);
            const left = await look(client, earlier);
            const before = client.received().length;
            expect(timesSeen(client, left), `${label}: not sent before it is stored`).toBe(0);

            const { code, err } = await client.run(left.spki ? poll : words);
            expect(code, `${label}: ${err}`).toBe(0);
            expect(sentNext(client, left, before), `${label}: sent next`).toBe(due(left, request));
            await expectWhole(client, left, label);
            expect(await client.issued(), `${label}: issued`).toHaveLength(already + 1);
            expect(bodiesOnce(client).slice(ahead), label).toEqual(sequence);
          });
        }
        expect(killed).toHaveLength(writes * scaled(1));
      }, 60_000);

      it(`goes on when the same command is repeated, ${way}`, async () => {
        const scene = await openScene(settings);
        const unharmed = await scene.client('unharmed');
        await prepare(unharmed);
        const { write: writes } = await unharmed.runCounted(words);
        const already = (await unharmed.issued()).length - 1;

        // The last ones give the lease back and note how it ended: before them there is nothing to go on with, and
        // the same words are a new wish then.
        await pairwise(upTo(writes - 3), async (nth) => {
          const label = `write ${nth} of ${writes}`;
          const client = await scene.client(`gw-${nth}`);
          await prepare(client);
          const ahead = bodiesOnce(client).length;
          const earlier = await begun(client);
          await client.runKilled(words, 'write', nth);
          const left = await look(client, earlier);
          const before = client.received().length;

          const { code, err } = await client.run(words);
          expect(code, `${label}: ${err}`).toBe(0);
          expect(sentNext(client, left, before), `${label}: sent next`).toBe(due(left, request));
          await expectWhole(client, left, label);
          expect(await client.issued(), `${label}: issued`).toHaveLength(already + 1);
          expect(bodiesOnce(client).slice(ahead), label).toEqual(sequence);
        });
      }, 60_000);
    }
  });
}

// The first write of every process is for the audit trail, the second takes the lease of the name; the third gets
// something done.
describe('a command whose every process is killed after its third write', () => {
  it.each(commands)(
    'gets there in the end: %s',
    async (_, words, __, prepare) => {
      const scene = await openScene({ ...polling, implicitConfirm: false });
      const unharmed = await scene.client('unharmed');
      await prepare(unharmed);
      const { write: writes } = await unharmed.runCounted(words);

      const client = await scene.client('gw');
      await prepare(client);
      const earlier = await begun(client);
      await client.runKilled(words, 'write', 3);
      const left = await look(client, earlier);
      let deaths = 1;
      while (!(await isSettled(client))) {
        expect(await client.runToKill(poll, 'write', 3)).toBeUndefined();
        deaths += 1;
      }
      // All but the audit trail, taking the lease and giving it back is done by a process that dies of it.
      expect(deaths).toBe(writes - 4);
      expect((await client.run(poll)).code).toBe(0);
      await expectWhole(client, left, 'in the end');
    },
    60_000,
  );
});

describe('a repeated cmp initialize', () => {
  it('that has nothing left to do says so, and sends nothing', async () => {
    const scene = await openScene({ implicitConfirm: true });
    const client = await scene.client('gw');
    const { write: writes } = await (await scene.client('unharmed')).runCounted(initialize);
    await client.runKilled(initialize, 'write', writes);
    const sent = client.received().length;
    expect((await client.run(initialize)).code).toBe(3);
    expect(client.received()).toHaveLength(sent);
    expect(await client.issued()).toHaveLength(1);
  });
});
