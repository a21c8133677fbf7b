import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { silentLog } from '../../src/base/log.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { importCertificate, type ImportRequest } from '../../src/lifecycle/import-certificate.ts';
import type { CertificateRecord } from '../../src/store/store.ts';
import { issue } from '../harness/certificates.ts';
import { named } from './site.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const device = issue({ subject: 'CN=device', issuer: root });
const request: ImportRequest = {
  name: named('vendor'),
  certificates: [root.certificate, device.certificate],
  key: generatedKey(device.key.privateKey),
  replace: false,
};

/** More writes than an import has: the lease, the import, the lease given back. */
const MAX_WRITES = 6;

/** Import once; what comes after a number of writes does not happen any more. */
async function importUpTo(stateDirectory: string, writes: number): Promise<void> {
  const services = await compose({
    stateDirectory,
    log: silentLog,
    onWrite(count) {
      if (count === writes) throw new Error('killed');
    },
  });
  try {
    // What is found of an earlier one is of a process that is no more.
    await importCertificate({ ...services, livenessOf: () => 'dead' }, request);
  } finally {
    await services.close();
  }
}

async function versions(stateDirectory: string): Promise<readonly CertificateRecord[]> {
  const { store, close } = await compose({ stateDirectory, log: silentLog });
  const found = await store.certificates.versions('vendor');
  for (const { keyId = 0 } of found) await store.keys.privateKey(keyId);
  await close();
  return found;
}

describe('an import that ends after any write', () => {
  it.each(Array.from({ length: MAX_WRITES }, (_, i) => i + 1))(
    'leaves nothing or all of it after write %i, and can be done again',
    async (writes) => {
      const home = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
      onTestFinished(() => rmSync(home, { recursive: true, force: true }));
      const state = join(home, 'state');
      await importUpTo(state, writes).catch(() => {});
      const left = await versions(state);
      expect(left.length).toBeLessThanOrEqual(1);
      await importUpTo(state, Number.POSITIVE_INFINITY);
      const [only, ...others] = await versions(state);
      expect(others).toEqual([]);
      expect(only).toMatchObject({ status: 'current', version: 1, source: 'import' });
      expect(only?.chain).toHaveLength(1);
      expect(left).toEqual(left.length === 0 ? [] : [only]);
    },
  );
});
