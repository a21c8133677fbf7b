import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { nodeDeliveryFs } from '../../src/deploy/delivery-fs.ts';
import { writeExport, type ExportFile } from '../../src/deploy/export-file.ts';
import { failingFs, type Fault } from './failing-fs.ts';

let root: string;
let path: string;
const isRoot = process.geteuid?.() === 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'certkeeper-export-'));
  path = join(root, 'gw1.pem');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

async function write(changes: Partial<ExportFile> = {}): Promise<void> {
  await writeExport({ path, content: utf8('new'), holdsKey: true, replace: false, ...changes });
}

function refusal(why: string): object {
  return { code: 'FILE_UNWRITABLE', message: expect.stringContaining(why) };
}

function mode(): number {
  return statSync(path).mode & 0o777;
}

describe('writeExport()', () => {
  it('writes a key for its owner alone, and certificates for all', async () => {
    await write();
    expect({ text: readFileSync(path, 'utf8'), mode: mode() }).toEqual({
      text: 'new',
      mode: 0o600,
    });
    path = join(root, 'gw1.crt');
    await write({ holdsKey: false });
    expect(mode()).toBe(0o644);
    expect(readdirSync(root).toSorted()).toEqual(['gw1.crt', 'gw1.pem']);
  });

  it('replaces a file only when that is said', async () => {
    writeFileSync(path, 'old', { mode: 0o600 });
    await expect(write()).rejects.toMatchObject(refusal('there is such a file'));
    expect(readFileSync(path, 'utf8')).toBe('old');
    await write({ replace: true });
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('replaces no file that came a moment ago either', async () => {
    const fs = {
      ...nodeDeliveryFs,
      async duplicate(from: string, to: string) {
        writeFileSync(path, 'late');
        await nodeDeliveryFs.duplicate(from, to);
      },
    };
    await expect(write({ fs })).rejects.toMatchObject(refusal('there is such a file'));
    expect(readFileSync(path, 'utf8')).toBe('late');
    expect(readdirSync(root)).toEqual(['gw1.pem']);
  });

  it.each([true, false])('follows no symbolic link, with a key: %s', async (holdsKey) => {
    const target = join(root, 'target');
    writeFileSync(target, 'old', { mode: 0o600 });
    symlinkSync(target, path);
    await expect(write({ holdsKey, replace: true })).rejects.toMatchObject(
      refusal('it is a symbolic link'),
    );
    expect(readFileSync(target, 'utf8')).toBe('old');
  });

  it.each([0o640, 0o604, 0o620])(
    'puts no key in the place of a file of mode %o',
    async (present) => {
      writeFileSync(path, 'old');
      chmodSync(path, present);
      await expect(write({ replace: true })).rejects.toMatchObject(
        refusal(`have rights to the file that is there (mode ${present.toString(8)})`),
      );
      expect(readFileSync(path, 'utf8')).toBe('old');
      await write({ replace: true, holdsKey: false });
      expect({ text: readFileSync(path, 'utf8'), mode: mode() }).toEqual({
        text: 'new',
        mode: present,
      });
    },
  );

  it.each([0o777, 0o1777, 0o703])(
    'puts no key into a directory of mode %o, certificates it does',
    async (present) => {
      chmodSync(root, present);
      await expect(write()).rejects.toMatchObject(refusal('every user of this machine can'));
      expect(existsSync(path)).toBe(false);
      await write({ holdsKey: false });
    },
  );

  it('warns of a group that may replace the file', async () => {
    chmodSync(root, 0o770);
    const said: string[] = [];
    await write({ log: { debug() {}, info() {}, warn: (text) => void said.push(text) } });
    expect(said.join()).toContain('whole group can replace');
  });

  it('puts no key into a directory that a link leads to', async () => {
    mkdirSync(join(root, 'real'));
    symlinkSync(join(root, 'real'), join(root, 'link'));
    path = join(root, 'link/gw1.pem');
    await expect(write()).rejects.toMatchObject(refusal('is a symbolic link'));
  });

  it.runIf(isRoot)(
    'puts no key into a directory, or in the place of a file, of another user',
    async () => {
      chownSync(root, 12_345, 12_345);
      await expect(write()).rejects.toMatchObject(refusal('(uid 12345) can replace'));
      chownSync(root, 0, 0);
      writeFileSync(path, '', { mode: 0o600 });
      chownSync(path, 12_345, 12_345);
      await expect(write({ replace: true })).rejects.toMatchObject(refusal('belongs to uid 12345'));
    },
  );

  it('writes no octet of a key to a file system that keeps no permissions', async () => {
    const written: number[] = [];
    const fat = {
      ...nodeDeliveryFs,
      async writeNew(where: string, content: Uint8Array) {
        written.push(content.length);
        await nodeDeliveryFs.writeNew(where, content, { mode: 0o755 });
      },
    };
    await expect(write({ fs: fat })).rejects.toMatchObject(refusal('keeps no permissions'));
    expect(written).toEqual([0]);
    expect(readdirSync(root)).toEqual([]);
    await write({ fs: fat, holdsKey: false });
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it.each([true, false])('is all or nothing when a call fails, replacing: %s', async (replace) => {
    const plain = failingFs();
    await write({ fs: plain });
    const calls = plain.calls() + 4;
    for (let call = 1; call <= calls; call++) {
      for (const fault of ['once', 'for ever'] satisfies Fault[]) {
        rmSync(path, { force: true });
        if (replace) writeFileSync(path, 'old', { mode: 0o600 });
        const done = await write({ fs: failingFs(new Map([[call, fault]])), replace }).then(
          () => true,
          () => false,
        );
        const now = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
        expect(done ? ['new'] : [replace ? 'old' : undefined, 'new']).toContain(now);
        // What a killed process left is taken away by the next one.
        rmSync(path, { force: true });
        await write();
        expect(readdirSync(root)).toEqual(['gw1.pem']);
      }
    }
  });

  it('says when the place is a directory, or there is none', async () => {
    mkdirSync(path);
    await expect(write()).rejects.toMatchObject(refusal('it is not a file'));
    path = join(root, 'missing/gw1.pem');
    await expect(write()).rejects.toMatchObject(refusal('there is no directory'));
  });
});
