import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';

import { decodeState } from '../../src/cmp/transaction/state.ts';
import { openStore } from '../../src/store/open.ts';
import { schema } from '../../src/store/schema.ts';
import type { Store } from '../../src/store/store.ts';
import { storeOptions, temporaryDirectory } from './sample.ts';

const fixtures = join(import.meta.dirname, '../vectors/stores');
const earlier = schema.slice(0, -1).map(({ version }) => version);

describe('the stores of earlier versions', () => {
  it('are kept for every version there was', () => {
    const kept = readdirSync(fixtures).filter((each) => each.startsWith('schema-'));
    expect(kept.toSorted()).toStrictEqual(earlier.map((version) => `schema-${version}`));
  });
});

describe.each(earlier)(
  'a store of schema version %i, as a certkeeper of then wrote it',
  (version) => {
    it('has its certificates, and for each of its own the private key', async () => {
      const { store } = await open(version);
      const certificates = await store.certificates.list({ all: true });
      expect(certificates.filter(({ name }) => name === 'gw1')).toMatchObject([
        { status: 'current', version: 2, ca: 'lab' },
        { status: 'superseded', version: 1, ca: 'lab' },
      ]);
      for (const { der, keyId } of certificates) {
        const key = createPrivateKey({
          key: Buffer.from(await store.keys.privateKey(keyId ?? 0)),
          format: 'der',
          type: 'pkcs8',
        });
        const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
        const certified = new X509Certificate(der).publicKey;
        expect(spki.equals(certified.export({ format: 'der', type: 'spki' }))).toBe(true);
      }
    });

    it('goes on with what is outstanding, under its secret', async () => {
      const { store } = await open(version);
      const [waiting, ...others] = await store.transactions.outstanding();
      expect(others).toStrictEqual([]);
      expect(waiting).toMatchObject({ name: 'gw2', operation: 'ir', phase: 'waiting', polls: 1 });
      if (waiting === undefined) return;
      expect(decodeState(waiting.state).phase.type).toBe('waiting');
      const credential = await store.transactions.credential(waiting.id);
      expect(credential).toMatchObject({ type: 'mac', reference: 'gw' });
      expect(credential.type === 'mac' && Buffer.from(credential.secret).toString()).toBe('s3cret');
    });

    it('knows what ends next, as a new store does', async () => {
      const { store } = await open(version);
      const next = await store.certificates.expiring(2);
      expect(next[0]).toMatchObject({ name: 'gw1', version: 2 });
    });

    it('has its CA profile with the secret, and its history', async () => {
      const { store } = await open(version);
      expect(await store.authorities.get('lab')).toMatchObject({ label: 'lab', reference: 'gw' });
      const secret = await store.authorities.secret('lab');
      expect(secret && Buffer.from(secret).toString()).toBe('s3cret');
      const history = await store.history.list();
      expect(history.map(({ name, operation, result }) => [name, operation, result])).toEqual(
        expect.arrayContaining([
          ['gw2', 'ir', 'outstanding'],
          ['gw1', 'kur', 'granted'],
          ['gw1', 'ir', 'granted'],
        ]),
      );
    });

    it('is left beside the new one as it was', async () => {
      const { directory } = await open(version);
      const copy = join(directory, `store.db.v${version}`);
      expect(existsSync(copy)).toBe(true);
      const old = new Sqlite(copy, { readonly: true });
      onTestFinished(() => {
        old.close();
      });
      expect(old.pragma('user_version', { simple: true })).toBe(version);
      expect(old.pragma('integrity_check', { simple: true })).toBe('ok');
    });
  },
);

describe.each(earlier.filter((version) => version >= 3))('one of version %i', (version) => {
  it('has its deployment and its hook', async () => {
    const { store } = await open(version);
    expect(await store.deployments.list('gw1')).toMatchObject([
      { label: 'web', status: { state: 'deployed' } },
    ]);
    expect(await store.deployments.hook('gw1')).toMatchObject({ command: ['/bin/true'] });
  });
});

describe.each(earlier.filter((version) => version >= 4))('one of version %i', (version) => {
  it('knows what was revoked', async () => {
    const { store } = await open(version);
    expect(await store.certificates.latest('gw3')).toMatchObject({ status: 'revoked' });
  });
});

describe.each(earlier.filter((version) => version >= 5))('one of version %i', (version) => {
  it('has its CA certificates, what waits for an import, its settings and who did what', async () => {
    const { store } = await open(version);
    expect(await store.caCertificates.list()).toMatchObject([{ label: 'rootA' }]);
    const request = await store.keyRequests.get('web');
    expect(await store.keys.privateKey(request?.keyId ?? 0)).toBeInstanceOf(Uint8Array);
    expect(await store.nameSettings.get('gw1', 'key')).toBe('reuse');
    expect(await store.settings.get('versions-kept')).toBe('5');
    const acts = await store.audit.list();
    expect(acts.at(-1)).toMatchObject({ what: 'ca add', result: { exitCode: 0 } });
    expect(JSON.stringify(acts)).not.toContain('s3cret');
  });
});

describe.each(earlier.filter((version) => version < 6))('one of version %i', (version) => {
  it('is looked at whole by the agent', async () => {
    const { store } = await open(version);
    const names = (await store.schedule.due(new Date(0), 99)).map(({ name }) => name);
    const stored = (await store.certificates.list()).map(({ name }) => String(name));
    expect(new Set(names)).toEqual(new Set([...stored, 'gw2']));
  });
});

describe.each(earlier.filter((version) => version >= 6))('one of version %i', (version) => {
  it('is renewed and tells of it as before', async () => {
    const { store } = await open(version);
    expect(await store.nameSettings.get('gw1', 'auto-update-days')).toBe('30');
    expect(await store.destinations.list()).toMatchObject([{ name: 'local' }]);
    expect(await store.schedule.count()).toBeGreaterThan(0);
  });
});

describe.each(earlier.filter((version) => version >= 7))('one of version %i', (version) => {
  it('knows how peers are judged, with the password of a tunnel', async () => {
    const { store } = await open(version);
    const { list, secrets } = store.validationObjects;
    const kept = await Promise.all((['ocsp', 'crl', 'policy'] as const).map((kind) => list(kind)));
    expect(kept.flat().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['hq', 'rootA', 'gateways']),
    );
    const [secret] = (await secrets('ocsp', 'hq')).values();
    expect(Buffer.from(secret ?? []).toString()).toBe('s3cret');
  });
});

async function open(version: number): Promise<{ store: Store; directory: string }> {
  const directory = temporaryDirectory();
  cpSync(join(fixtures, `schema-${version}`), directory, { recursive: true });
  chmodSync(directory, 0o700);
  for (const file of ['store.db', 'store.key']) chmodSync(join(directory, file), 0o600);
  const store = await openStore(storeOptions(directory));
  onTestFinished(() => store.close());
  return { store, directory };
}
