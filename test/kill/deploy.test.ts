import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { pairwise, upTo } from './casualty.ts';
import { initialize, poll, update } from './commands.ts';
import type { Moment } from './moments.ts';
import { openScene, type Client, type Scene } from './scene.ts';

/** A client that deploys into two directories of a service, and has a hook that writes a diary. */
interface Deployer {
  readonly client: Client;
  /** The serial numbers the hook was told, in order. */
  diary(): readonly string[];
  /** Serial number of the certificate in the files, whose key fits it. */
  inFiles(): string;
  /** Names that begin with a dot: work that was begun and not finished. */
  leftOvers(): readonly string[];
  current(): Promise<string>;
  isPending(): Promise<boolean>;
}

const restore = 'cert restore NAME';

async function openDeployer(scene: Scene, name: string): Promise<Deployer> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-service-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [keys, certs] = [join(directory, 'private'), join(directory, 'certs')];
  for (const each of [keys, certs]) mkdirSync(each, { mode: 0o755 });
  const hook = join(directory, 'hook');
  writeFileSync(hook, `#!/bin/sh\necho "$CERTKEEPER_SERIAL" >> ${directory}/diary\n`);
  chmodSync(hook, 0o755);
  writeFileSync(join(directory, 'diary'), '');

  const client = await scene.client(name);
  writeFileSync(join(keys, 'pass'), 'geheim', { mode: 0o600 });
  const files =
    `key ${keys}/s.key chain ${certs}/s.chain cert ${certs}/s.crt ca ${certs}/roots.pem ` +
    `pkcs12 ${keys}/s.p12 password file:${keys}/pass`;
  for (const words of [
    `cert deploy cert-name NAME ${files} later`,
    `cert hook cert-name NAME command ${hook}`,
    initialize,
    update,
  ]) {
    const { code, err } = await client.run(words);
    if (code !== 0) throw new Error(`"${words}" ended with ${code}: ${err}`);
  }
  return {
    client,
    diary: () => readFileSync(join(directory, 'diary'), 'utf8').trim().split('\n'),
    inFiles() {
      const certificate = new X509Certificate(readFileSync(`${certs}/s.crt`));
      const key = createPrivateKey(readFileSync(`${keys}/s.key`));
      expect(certificate.checkPrivateKey(key), 'the key fits the certificate').toBe(true);
      const chain = new X509Certificate(readFileSync(`${certs}/s.chain`));
      expect(certificate.checkIssued(chain), 'the chain fits').toBe(true);
      const root = new X509Certificate(readFileSync(`${certs}/roots.pem`));
      expect(chain.checkIssued(root), 'the root fits').toBe(true);
      const { keys: inside, certificates } = readPkcs12(readFileSync(`${keys}/s.p12`), 'geheim');
      const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
      expect(
        inside.map((each) => toHex(each.pkcs8)),
        'PKCS#12',
      ).toEqual([toHex(pkcs8)]);
      expect(certificates[0], 'PKCS#12').toEqual(new Uint8Array(certificate.raw));
      return certificate.serialNumber;
    },
    leftOvers: () =>
      [keys, certs].flatMap((each) => readdirSync(each).filter((entry) => entry.startsWith('.'))),
    current: () =>
      client.withStore(async (store) => {
        const record = await store.certificates.current(name);
        return new X509Certificate(record?.der ?? '').serialNumber;
      }),
    isPending: () =>
      client.withStore(async (store) => (await store.certificates.pendingDelivery()).length > 0),
  };
}

describe.each([
  ['cmp update', update, 'file', 20],
  ['cert restore', restore, 'write', 4],
] as const)('%s of a deployed certificate', (_, words, moment: Moment, least) => {
  it(`leaves one whole set, after a kill at each ${moment} and the next poll`, async () => {
    const scene = await openScene({ implicitConfirm: true });
    const unharmed = await openDeployer(scene, 'unharmed');
    const { [moment]: moments } = await unharmed.client.runCounted(words);
    expect(moments).toBeGreaterThanOrEqual(least);
    const outcomes = new Set<'old' | 'new'>();

    await pairwise(upTo(moments), async (nth) => {
      const label = `${moment} ${nth} of ${moments}`;
      const deployer = await openDeployer(scene, `gw-${nth}`);
      const { client } = deployer;
      const before = await deployer.current();
      await client.runKilled(words, moment, nth);
      const { code, err } = await client.run(poll);
      expect(code, `${label}: ${err}`).toBe(0);

      const now = await deployer.current();
      expect(deployer.inFiles(), `${label}: what is current is in the files`).toBe(now);
      expect(await deployer.isPending(), `${label}: pending`).toBe(false);
      expect(deployer.leftOvers(), `${label}: left lying about`).toEqual([]);
      expect(deployer.diary().at(-1), `${label}: the hook was told`).toBe(now.toLowerCase());
      outcomes.add(now === before ? 'old' : 'new');
    });
    expect(outcomes).toEqual(new Set(moment === 'write' ? ['old', 'new'] : ['new']));
  }, 240_000);
});
