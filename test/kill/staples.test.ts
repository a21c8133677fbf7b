import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { bytesEqual } from '../../src/base/bytes.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { initialize, poll, update } from './commands.ts';
import { atEachMoment } from './each-moment.ts';
import { openScene, type Client } from './scene.ts';

async function done(client: Client, words: string): Promise<void> {
  const { code, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'certkeeper-staples-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function octetsOf(path: string): Uint8Array | undefined {
  return existsSync(path) ? Uint8Array.from(readFileSync(path)) : undefined;
}

/** What is in the file is what was verified and kept, of the certificate in force; or there is none. */
async function expectKept(client: Client, path: string, label: string): Promise<string> {
  const octets = octetsOf(path);
  return client.withStore(async ({ staples, certificates }) => {
    const [endpoint] = await staples.endpoints(client.name);
    const kept = (await staples.of(client.name)).flatMap(({ held }) => (held ? [held.der] : []));
    const current = await certificates.current(client.name);
    const isKept = octets === undefined || kept.some((der) => bytesEqual(der, octets));
    expect(isKept, `${label}: persisted before it is published`).toBe(true);
    const published = endpoint?.published?.staple;
    const found = octets && stapleHash(octets);
    expect(published === undefined || published === found, `${label}: is what was told`).toBe(true);
    return current ? stapleHash(current.der) : '';
  });
}

describe('staple add killed after each write', () => {
  it('has a response that was kept before it is served, once it is given again', async () => {
    const scene = await openScene({ implicitConfirm: true, ocsp: true });
    const place = directory();
    const add = `staple add NAME target file file ${place}/NAME.der`;
    await atEachMoment(
      {
        moment: 'write',
        words: add,
        least: 2,
        async prepare(name) {
          const client = await scene.client(name);
          await done(client, initialize);
          return client;
        },
      },
      async (client, label) => {
        const path = join(place, `${client.name}.der`);
        await expectKept(client, path, label);
        await done(client, add);
        const certificate = await expectKept(client, path, `${label}, again`);
        expect(octetsOf(path), label).toBeDefined();
        const [endpoint] = await client.withStore((store) => store.staples.endpoints(client.name));
        expect(endpoint?.published, label).toMatchObject({ certificate });
      },
    );
  }, 120_000);
});

describe.each(['write', 'file'] as const)('cmp update killed after each %s', (moment) => {
  it('has certificate and response of one another, once it is gone on with', async () => {
    const scene = await openScene({ implicitConfirm: true, ocsp: true });
    const place = directory();
    await atEachMoment(
      {
        moment,
        words: update,
        least: 4,
        async prepare(name) {
          const client = await scene.client(name);
          await done(
            client,
            `cert deploy cert-name NAME to files fullchain ${place}/NAME.pem later`,
          );
          await done(client, `staple add NAME target file file ${place}/NAME.der`);
          await done(client, initialize);
          return client;
        },
      },
      async (client, label) => {
        const { version } = await client.withStore(
          async (store) => (await store.certificates.current(client.name)) ?? { version: 0 },
        );
        await done(client, version === 1 ? update : poll);
        const certificate = await expectKept(client, join(place, `${client.name}.der`), label);
        const pem = readFileSync(join(place, `${client.name}.pem`), 'utf8');
        expect(stapleHash(decodePem(pem)[0]?.der ?? new Uint8Array()), label).toBe(certificate);
        const [endpoint] = await client.withStore((store) => store.staples.endpoints(client.name));
        expect(endpoint?.published, label).toMatchObject({ certificate });
        expect(octetsOf(join(place, `${client.name}.der`)), label).toBeDefined();
      },
    );
  }, 180_000);
});
