import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { dangerAbove } from '../../src/deploy/above.ts';
import { nodeDeliveryFs } from '../../src/deploy/delivery-fs.ts';
import { checkDirectory } from '../../src/deploy/directories.ts';
import { writeExport } from '../../src/deploy/export-file.ts';

const nobody = 65_534;

let root = '';
let directory = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'certkeeper-above-'));
  directory = join(root, 'site', 'tls');
  mkdirSync(directory, { recursive: true });
  const toRemove = root;
  onTestFinished(() => rm(toRemove, { recursive: true, force: true }));
});

describe('dangerAbove()', () => {
  it('finds none below directories of this user, root and everybody, as /tmp is one', () => {
    expect(dangerAbove(directory)).toBeUndefined();
    chmodSync(root, 0o1777);
    expect(dangerAbove(directory)).toBeUndefined();
    const link = join(root, 'link');
    symlinkSync(join(root, 'site'), link);
    expect(dangerAbove(join(link, 'tls'))).toBeUndefined();
  });

  it('tells of a directory far above that every user may rename what is in', async () => {
    chmodSync(root, 0o777);
    const text = `every user of this machine can put another directory in the place of "${directory}"`;
    expect(dangerAbove(directory)).toMatchObject({ text, hint: expect.stringContaining(root) });

    const place = { name: 'gw1', where: 'web', elsewhere: '' };
    await expect(checkDirectory(nodeDeliveryFs, place, directory, silentLog)).rejects.toThrow(text);
    const file = { path: join(directory, 'key.pem'), content: new Uint8Array(1), replace: false };
    await expect(writeExport({ ...file, holdsKey: true })).rejects.toThrow(text);
    // What is not secret may go anywhere.
    await writeExport({ ...file, holdsKey: false });
  });

  it('tells of where a link on the way leads', () => {
    const link = join(root, 'link');
    symlinkSync(join(root, 'site'), link);
    chmodSync(join(root, 'site'), 0o777);
    expect(dangerAbove(join(link, 'tls'))).toBeDefined();
  });

  it.runIf(process.geteuid?.() === 0)(
    'tells of a directory, and of a link, of another user',
    () => {
      chownSync(join(root, 'site'), nobody, nobody);
      expect(dangerAbove(directory)?.text).toContain('(uid 65534) can put another directory');
      chownSync(join(root, 'site'), 0, 0);
      const link = join(root, 'link');
      symlinkSync(join(root, 'site'), link);
      lchownSync(link, nobody, nobody);
      expect(dangerAbove(join(link, 'tls'))?.text).toContain(
        '(uid 65534) can put another directory',
      );
    },
  );
});
