import type { Client } from './scene.ts';

/** Command lines; the client puts its name in the place of NAME. */
export const initialize = 'cmp initialize key-type p-256 cert-name NAME subject-name CN=NAME';
export const update = 'cmp update current-cert NAME';
export const poll = 'cmp poll current-cert NAME';

/** The commands that are killed: what they are called, the words, the request, and what they need. */
export const commands: readonly (readonly [
  command: string,
  words: string,
  request: 'ir' | 'kur',
  prepare: (client: Client) => Promise<void>,
])[] = [
  ['cmp initialize', initialize, 'ir', async () => {}],
  [
    'cmp update',
    update,
    'kur',
    async (client) => {
      const { code, err } = await client.run(initialize);
      if (code !== 0) throw new Error(`Cannot initialize: ${err}`);
    },
  ],
];
