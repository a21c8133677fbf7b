import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { parseLabel } from '../../src/base/label.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { CertificationRequest } from '../../src/x509/certification-request.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { initialize, poll, update } from './commands.ts';
import { atEachMoment } from './each-moment.ts';
import { bodies, openScene, type Client } from './scene.ts';

async function done(client: Client, words: string): Promise<string> {
  const { code, out, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
  return out;
}

function hidden(client: Client): readonly string[] {
  return [...client.files().keys()].filter((name) => name.startsWith('.'));
}

const keygen =
  'crypto keygen key-type p-256 id-type fqdn id gw1.example subject-name CN=NAME cert-name NAME';

describe.each(['write', 'file'] as const)('crypto keygen killed after each %s', (moment) => {
  it('has one key and its request in store and files, once it is given again', async () => {
    const scene = await openScene({});
    await atEachMoment(
      {
        moment,
        words: keygen,
        least: 4,
        prepare: (name) => scene.client(name),
      },
      async (client, label) => {
        const files = client.files();
        const before = await client.withStore((store) => store.keyRequests.list());
        // Nobody sees a request whose key is not durable.
        expect(files.size > 0 && before.length === 0, label).toBe(false);
        await done(client, keygen);
        const after = await client.withStore((store) => store.keyRequests.list());
        expect(after, label).toHaveLength(1);
        expect(before.length === 0 ? after : before, label).toEqual(after);
        const written = client.files();
        const [csr] = decodePem(written.get(`${client.name}.csr.pem`) ?? '');
        expect(csr?.der, label).toEqual(after[0]?.request);
        const key = createPrivateKey(written.get(`${client.name}.csr-key.pem`) ?? '');
        const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
        const { subjectPKInfo } = fromDer(
          CertificationRequest,
          csr?.der ?? new Uint8Array(),
        ).certificationRequestInfo;
        expect(Uint8Array.from(spki), label).toEqual(toDer(SubjectPublicKeyInfo, subjectPKInfo));
        expect(hidden(client), label).toEqual([]);
      },
    );
  }, 120_000);
});

describe.each(['write', 'file'] as const)('cert remove killed after each %s', (moment) => {
  it('has removed all of a name, with its files, once it is given again', async () => {
    const scene = await openScene({ implicitConfirm: true });
    const remove = 'cert remove NAME with-files --yes';
    await atEachMoment(
      {
        moment,
        words: remove,
        least: 4,
        async prepare(name) {
          const client = await scene.client(name);
          await done(client, initialize);
          await done(client, update);
          await done(client, keygen);
          return client;
        },
      },
      async (client, label) => {
        const left = await client.withStore((store) => store.certificates.versions(client.name));
        const { code } = await client.run(remove);
        expect(code, label).toBe(left.length === 0 ? 3 : 0);
        await client.withStore(async (store) => {
          expect(await store.certificates.versions(client.name), label).toEqual([]);
          expect(await store.keyRequests.list(), label).toEqual([]);
        });
        expect([...client.files().keys()], label).toEqual([]);
      },
    );
  }, 120_000);
});

describe('cmp update after cert move killed after each write', () => {
  it('gets one certificate from the new CA, and is no more moved', async () => {
    const scene = await openScene({ implicitConfirm: true });
    await atEachMoment(
      {
        moment: 'write',
        words: update,
        least: 4,
        async prepare(name) {
          const client = await scene.client(name);
          await done(client, initialize);
          await client.withStore(async ({ authorities }) => {
            const [profile] = await authorities.list();
            const secret = await authorities.secret(profile?.label ?? '');
            if (profile)
              await authorities.put({ ...profile, label: parseLabel('other', 'ca') }, secret);
          });
          await done(client, 'cert move NAME ca-root other by ir');
          return client;
        },
      },
      async (client, label) => {
        const { versions, move } = await client.withStore(async (store) => ({
          versions: await store.certificates.versions(client.name),
          move: await store.nameSettings.get(client.name, 'renew-by'),
        }));
        const isGranted = versions.some(({ version }) => version === 2);
        expect(move, label).toBe(isGranted ? undefined : 'ir other');
        await done(client, isGranted ? poll : update);
        const after = await client.withStore(async (store) => ({
          versions: await store.certificates.versions(client.name),
          move: await store.nameSettings.get(client.name, 'renew-by'),
          pending: await store.certificates.pendingDelivery(),
        }));
        expect(after, label).toMatchObject({
          versions: [
            { version: 2, status: 'current', ca: 'other' },
            { version: 1, status: 'superseded' },
          ],
          pending: [],
        });
        expect(after.move, label).toBeUndefined();
        expect(await client.issued(), label).toHaveLength(2);
        expect(new Set(bodies(client.received())), label).toEqual(new Set(['ir']));
        const files = client.files();
        const certificate = new X509Certificate(files.get(`${client.name}.cert.pem`) ?? '');
        const key = createPrivateKey(files.get(`${client.name}.key.pem`) ?? '');
        expect(certificate.checkPrivateKey(key), label).toBe(true);
      },
    );
  }, 120_000);
});

describe.each(['write', 'file'] as const)(
  'cmp info with a new root killed after each %s',
  (moment) => {
    it('has both roots where they are trusted, after the next command', async () => {
      const scene = await openScene({ implicitConfirm: true });
      const old = certificateDer(scene.lab.authorities.root.certificate);
      await scene.lab.rollRoot();
      const both = [old, certificateDer(scene.lab.authorities.root.certificate)];
      const info = 'cmp info rootCaCert accept';
      const places = new Map<string, string>();
      await atEachMoment(
        {
          moment,
          words: info,
          least: 4,
          async prepare(name) {
            const directory = mkdtempSync(join(tmpdir(), 'certkeeper-roots-'));
            onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
            mkdirSync(join(directory, 'tls'), { mode: 0o755 });
            places.set(name, join(directory, 'tls/roots.pem'));
            const client = await scene.client(name);
            await client.withStore(async ({ authorities }) => {
              const [profile] = await authorities.list();
              if (profile) await authorities.put({ ...profile, roots: [old] });
            });
            await done(client, `cert deploy cert-name NAME ca ${places.get(name)} later`);
            await done(client, initialize);
            return client;
          },
        },
        async (client, label) => {
          const roots = (): readonly Uint8Array[] =>
            decodePem(readFileSync(places.get(client.name) ?? '', 'utf8')).map(({ der }) => der);
          expect([1, 2], label).toContain(roots().length);
          const isStored = await client.withStore(async ({ authorities }) =>
            (await authorities.list()).some((profile) => profile.roots.length === 2),
          );
          await done(client, isStored ? poll : info);
          expect(roots(), label).toEqual(both);
          const pending = await client.withStore((store) => store.certificates.pendingDelivery());
          expect(pending, label).toEqual([]);
        },
      );
    }, 240_000);
  },
);
