import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { initialize } from './commands.ts';
import { atEachMoment } from './each-moment.ts';
import { openScene, type Client } from './scene.ts';

async function done(client: Client, words: string): Promise<void> {
  const { code, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
}

describe.each(['store rekey', 'store rekey data-key'])('%s killed after each write', (words) => {
  it('leaves a store that opens all it has, and takes the next one', async () => {
    const scene = await openScene({ implicitConfirm: true });
    const secret = scene.lab.secrets.get(DEFAULT_REFERENCE);
    const opened = async (client: Client, label: string): Promise<void> => {
      await client.withStore(async (store) => {
        const current = await store.certificates.current(client.name);
        const der = await store.keys.privateKey(current?.keyId ?? 0);
        const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
        const certificate = new X509Certificate(current?.der ?? '');
        expect(certificate.checkPrivateKey(key), label).toBe(true);
        const [profile] = await store.authorities.list();
        expect(await store.authorities.secret(profile?.label ?? ''), label).toEqual(secret);
      });
      const keys = readdirSync(dirname(client.certs)).filter((file) =>
        file.startsWith('store.key'),
      );
      expect(keys, label).toEqual(['store.key']);
    };
    const prepare = async (name: string): Promise<Client> => {
      const client = await scene.client(name);
      await done(client, initialize);
      return client;
    };
    const killing = { moment: 'write', words, least: 3, prepare } as const;
    await atEachMoment(killing, async (client, label) => {
      await opened(client, label);
      await done(client, words);
      await opened(client, `${label}, again`);
    });
  }, 120_000);
});
