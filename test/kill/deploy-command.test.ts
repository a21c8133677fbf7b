import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { temporaryDirectory } from '../store/sample.ts';
import { initialize, poll } from './commands.ts';
import { atEachMoment } from './each-moment.ts';
import { openScene, type Client } from './scene.ts';

async function done(client: Client, words: string): Promise<void> {
  const { code, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
}

/** Check what stands in a directory: each file that is there is whole, and they fit each other. */
function checkFiles(place: string, label: string): void {
  const pem = (file: string): Buffer => readFileSync(join(place, file));
  const names = readdirSync(place);
  const key = names.includes('key') ? createPrivateKey(pem('key')) : undefined;
  const roots = names.includes('ca') ? [new X509Certificate(pem('ca'))] : [];
  expect(
    roots.every((root) => root.ca),
    label,
  ).toBe(true);
  // The certificate is the last to come: where it stands, all stand.
  if (!names.includes('cert')) return;
  expect(names, label).toEqual(expect.arrayContaining(['ca', 'cert', 'key', 'p12']));
  const certificate = new X509Certificate(pem('cert'));
  expect(key && certificate.checkPrivateKey(key), label).toBe(true);
  const { keys, certificates } = readPkcs12(pem('p12'), 'geheim');
  const pkcs8 = key?.export({ format: 'der', type: 'pkcs8' }) ?? new Uint8Array();
  expect(
    keys.map((each) => toHex(each.pkcs8)),
    label,
  ).toEqual([toHex(pkcs8)]);
  expect(certificates[0], label).toEqual(new Uint8Array(certificate.raw));
}

describe.each(['write', 'file'] as const)(
  'cert deploy with PKCS#12 and roots, killed after each %s',
  (moment) => {
    it('has one whole set with the next poll where it is stored, else with the same words', async () => {
      const scene = await openScene({ implicitConfirm: true });
      const base = temporaryDirectory();
      writeFileSync(join(base, 'pass'), 'geheim', { mode: 0o600 });
      const place = (name: string): string => join(base, name);
      const files = ['key', 'cert', 'ca'].map((kind) => `${kind} ${base}/NAME/${kind}`).join(' ');
      const words = `cert deploy cert-name NAME ${files} pkcs12 ${base}/NAME/p12 password file:${base}/pass`;
      const prepare = async (name: string): Promise<Client> => {
        const client = await scene.client(name);
        mkdirSync(place(name), { mode: 0o755 });
        await done(client, initialize);
        return client;
      };
      await atEachMoment({ moment, words, least: 4, prepare }, async (client, label) => {
        const directory = place(client.name);
        checkFiles(directory, label);
        const isStored = await client.withStore(
          async (store) => (await store.deployments.list(client.name)).length > 0,
        );
        await done(client, isStored ? poll : words);
        checkFiles(directory, `${label}, delivered`);
        expect(existsSync(join(directory, 'cert')), label).toBe(true);
        const hidden = readdirSync(directory).filter((name) => name.startsWith('.'));
        expect(hidden, label).toEqual([]);
        const pending = await client.withStore((store) => store.certificates.pendingDelivery());
        expect(pending, label).toEqual([]);
      });
    }, 240_000);
  },
);
