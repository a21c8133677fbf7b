import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { addCa, benchWithCa, der, importGateway, openTransaction } from './bench-with-ca.ts';
import { rootPem } from './certificates.ts';
import { now, type Bench } from './run-cli.ts';

async function prepared(): Promise<Bench> {
  const bench = benchWithCa();
  await bench.run(addCa(bench));
  await importGateway(bench);
  return bench;
}

async function putCa(bench: Bench, label: string): Promise<void> {
  const octets = der(rootPem);
  await bench.withStore((store) =>
    store.caCertificates.put(
      { label: parseLabel(label, 'ca'), der: octets, subject: octets, createdAt: now },
      false,
    ),
  );
}

describe('cert key', () => {
  it('sets the key policy of one certificate, and no cert key takes it back', async () => {
    const bench = await prepared();
    expect((await bench.run(['cert', 'key', 'gw1', 'reuse'])).out).toContain('keeps the key');
    await bench.withStore(async ({ nameSettings }) =>
      expect(await nameSettings.get('gw1', 'key')).toBe('reuse'),
    );
    const set = ['cert', 'key', 'cert-name', 'gw1', 'key', 'new'];
    expect((await bench.run(set)).out).toContain('makes a new key, whatever');
    expect((await bench.run(['no', 'cert', 'key', 'gw1'])).out).toContain('as is set for all');
    expect((await bench.run(['cert', 'key', 'gw1', 'perhaps'])).code).toBe(2);
  });
});

describe('cert move', () => {
  it('plans the next renewal with another CA, and takes it back', async () => {
    const bench = await prepared();
    const [, , , ...profile] = addCa(bench);
    await bench.run(['ca', 'add', 'rootB', ...profile, 'reference', 'r', 'secret', 'secret']);
    const { code, out } = await bench.run(['cert', 'move', 'gw1', 'ca-root', 'rootB']);
    expect([code, out]).toMatchObject([0, expect.stringContaining('asks "rootB" by ir')]);
    expect((await bench.run(['no', 'cert', 'move', 'gw1'])).out).toContain('came from again');
    expect((await bench.run(['no', 'cert', 'move', 'gw1'])).out).toContain('was not to be');
    const kur = await bench.run(['cert', 'move', 'gw1', 'ca-root', 'rootB', 'by', 'kur']);
    expect(kur.out).toContain('The CA profile of "gw1" is "rootB"');
    expect((await bench.run(['cert', 'move', 'gw1', 'ca-root', 'rootC'])).code).toBe(3);
  });
});

describe('cert remove', () => {
  it('asks first, and then forgets the name', async () => {
    const bench = await prepared();
    const line = ['cert', 'remove', 'gw1'];
    const unasked = await bench.run(line);
    expect([unasked.code, unasked.err]).toMatchObject([2, expect.stringContaining('Add --yes')]);
    const { code, out } = await bench.run([...line, '--yes']);
    expect([code, out]).toEqual([0, '"gw1" is removed\n']);
    await bench.withStore(async ({ certificates }) =>
      expect(await certificates.versions('gw1')).toEqual([]),
    );
    expect((await bench.run([...line, '--yes'])).code).toBe(3);
  });

  it('names the files that stay, the key of a request among them, and with-files removes them', async () => {
    const bench = await prepared();
    const words = 'crypto keygen key-type p-256 id-type fqdn id gx subject-name CN=gx';
    const key = join(bench.state, 'certs', 'gx.csr-key.pem');
    for (const more of [[], ['with-files']]) {
      await bench.run(words.split(' '));
      const { out } = await bench.run(['cert', 'remove', 'gx', ...more, '--yes']);
      expect(out.includes(`; these files stay, since with-files was not said: ${key}, `)).toBe(
        more.length === 0,
      );
      expect(existsSync(key)).toBe(more.length === 0);
      rmSync(key, { force: true });
    }
  });

  it('refuses while a request is outstanding', async () => {
    const bench = await prepared();
    await openTransaction(bench);
    const { code, err } = await bench.run(['cert', 'remove', 'gw1', '--yes']);
    expect([code, err]).toMatchObject([3, expect.stringContaining('clear cmp cert-name gw1')]);
  });

  it('removes a labelled CA certificate, and of two of the same name the one that is meant', async () => {
    const bench = await prepared();
    await putCa(bench, 'rootZ');
    await putCa(bench, 'gw1');
    const only = await bench.run(['cert', 'remove', 'rootZ', '--yes']);
    expect(only.out).toBe('CA certificate "rootZ" is removed\n');
    const ca = await bench.run(['cert', 'remove', 'gw1', 'ca', '--yes', '--json']);
    expect(JSON.parse(ca.out)).toMatchObject({ removed: 'gw1' });
    await bench.withStore(async ({ certificates, caCertificates }) => {
      expect(await caCertificates.list()).toEqual([]);
      expect(await certificates.versions('gw1')).toHaveLength(1);
    });
    expect((await bench.run(['cert', 'remove', 'gw1', 'ca', '--yes'])).code).toBe(3);
  });
});
