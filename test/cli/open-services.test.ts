import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { rootPem } from './certificates.ts';
import { fakeIo } from './fake-io.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-open-'));
  writeFileSync(join(directory, 'root.pem'), rootPem);
  const toRemove = directory;
  onTestFinished(() => rm(toRemove, { recursive: true, force: true }));
});

async function addCa(storeKey: readonly string[], env: Record<string, string> = {}) {
  const io = fakeIo({ env: { ...env, PSK: 'sesame' } });
  const argv = ['ca', 'add', 'rootA', 'url', 'http://ra/', 'root', join(directory, 'root.pem')];
  const options = ['--state', join(directory, 'state'), ...storeKey];
  const code = await run([...argv, 'secret', 'env:PSK', ...options], io);
  return { code, err: io.err() };
}

describe('--store-key', () => {
  const hexKey = '00ff'.repeat(16);

  it('is taken as octets or as hexadecimal digits, and means the same key', async () => {
    const path = join(directory, 'key');
    writeFileSync(path, Buffer.from(hexKey, 'hex'));
    expect(await addCa(['--store-key', 'env:KEY'], { KEY: hexKey })).toEqual({ code: 0, err: '' });
    expect(await addCa(['--store-key', `file:${path}`])).toEqual({ code: 0, err: '' });
    expect(await addCa(['--store-key', 'env:KEY'], { KEY: '11'.repeat(32) })).toMatchObject({
      code: 4,
    });
  });

  it('is refused when it is neither, without being repeated', async () => {
    const { code, err } = await addCa(['--store-key', 'env:KEY'], { KEY: 'sesame' });
    expect(code).toBe(4);
    expect(err).toContain('neither 32 octets nor 64 hexadecimal digits');
    expect(err).not.toContain('sesame');
  });

  it('without it a key is made in the state directory', async () => {
    expect(await addCa([])).toEqual({ code: 0, err: '' });
    expect(readFileSync(join(directory, 'state', 'store.key'))).toHaveLength(32);
  });
});
