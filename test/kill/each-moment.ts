import { expect } from 'vitest';
import { expectSoundKeys, pairwise, upTo } from './casualty.ts';
import type { Moment } from './moments.ts';
import type { Client } from './scene.ts';

/** A command line that is killed at each of its moments. */
export interface Killing {
  readonly moment: Moment;
  /** NAME is that of the client. */
  readonly words: string;
  /** How many moments there are at least. */
  readonly least: number;
  /** Make a client on which the words can be run. */
  prepare(name: string): Promise<Client>;
}

/**
 * Run a command once to its end, to count its moments, and then kill it at each of them. After each kill the audit
 * trail has it as unfinished, unless the result was the last write, and no key is without use for ever.
 *
 * @param look looks what became of a client that was killed, and does what is left to do
 * @returns the client that came to the end unharmed
 */
export async function atEachMoment(
  { moment, words, least, prepare }: Killing,
  look: (client: Client, label: string) => Promise<void>,
): Promise<Client> {
  const unharmed = await prepare('unharmed');
  const { [moment]: moments } = await unharmed.runCounted(words);
  expect(moments).toBeGreaterThanOrEqual(least);
  await pairwise(upTo(moments), async (nth) => {
    const label = `${moment} ${nth} of ${moments}`;
    const client = await prepare(`gw-${nth}`);
    await client.runKilled(words, moment, nth);
    expectSoundKeys(client, label);
    const [act] = await client.withStore((store) => store.audit.list(1));
    const isUnfinished = moment !== 'write' || nth < moments;
    expect(act && act.result === undefined, `${label}: unfinished`).toBe(isUnfinished);
    await look(client, label);
    expectSoundKeys(client, `${label}, and what followed`);
  });
  return unharmed;
}
