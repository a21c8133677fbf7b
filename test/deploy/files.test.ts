import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
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
import { parseLabel } from '../../src/base/label.ts';
import { deliverFiles, type Delivered } from '../../src/deploy/files.ts';
import type { DeliveryFs } from '../../src/deploy/delivery-fs.ts';
import { scaled } from '../harness/effort.ts';
import { failingFs, interruptedFs, type Fault } from './failing-fs.ts';

const name = parseLabel('gw1', 'cert-name');
let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'certkeeper-deploy-'));
  directory = join(root, 'certs');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

async function deliver(set: string, fs?: DeliveryFs, into = directory): Promise<Delivered> {
  return await deliverFiles({
    directory: into,
    name,
    keyPem: `${set} key\n`,
    chainPem: `${set} chain\n`,
    certificatePem: `${set} cert\n`,
    ...(fs === undefined ? {} : { fs }),
  });
}

/** What a delivery warns of. */
async function warnings(): Promise<readonly string[]> {
  const said: string[] = [];
  const log = { debug() {}, info() {}, warn: (text: string) => void said.push(text) };
  await deliverFiles({ directory, name, keyPem: 'k', chainPem: '', certificatePem: 'c', log });
  return said;
}

/** The contents of everything below a directory, by path. */
function tree(path = directory): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(path)) return found;
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    if (lstatSync(join(path, entry)).isDirectory()) continue;
    found[entry] = readFileSync(join(path, entry), 'utf8');
  }
  return found;
}

function filesOf(set: string, below = ''): Record<string, string> {
  return {
    [`${below}gw1.key.pem`]: `${set} key\n`,
    [`${below}gw1.chain.pem`]: `${set} chain\n`,
    [`${below}gw1.cert.pem`]: `${set} cert\n`,
  };
}

/** What a directory holds when `sets` were delivered in this order. */
function after(sets: string): Record<string, string> {
  const [now, before] = [...sets].toReversed();
  return {
    ...(now === undefined ? {} : filesOf(now)),
    ...(before === undefined ? {} : filesOf(before, 'gw1.previous/')),
  };
}

/** Without what a delivery that could not tidy up leaves to the next one. */
function visible(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('.')));
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

describe('deliverFiles()', () => {
  it('writes key, chain and certificate into a new directory, each with its mode', async () => {
    directory = join(root, 'a', 'b');
    const umask = process.umask(0o077);
    try {
      expect(await deliver('A')).toEqual({
        directory,
        files: ['gw1.key.pem', 'gw1.chain.pem', 'gw1.cert.pem'].map((f) => join(directory, f)),
        previous: join(directory, 'gw1.previous'),
      });
    } finally {
      process.umask(umask);
    }
    expect(tree()).toEqual(after('A'));
    expect(modeOf(directory)).toBe(0o700);
    expect(modeOf(join(directory, 'gw1.key.pem'))).toBe(0o600);
    expect(modeOf(join(directory, 'gw1.chain.pem'))).toBe(0o644);
    expect(modeOf(join(directory, 'gw1.cert.pem'))).toBe(0o644);
  });

  it('keeps the set before, and only that', async () => {
    for (const set of ['A', 'B', 'C']) await deliver(set);
    expect(tree()).toEqual(after('BC'));
    expect(modeOf(join(directory, 'gw1.previous'))).toBe(0o700);
  });

  it('leaves files alone that already are what is delivered', async () => {
    for (const set of ['A', 'B', 'B']) await deliver(set);
    expect(tree()).toEqual(after('AB'));
  });

  it('takes away the permissions somebody gave a key', async () => {
    await deliver('A');
    chmodSync(join(directory, 'gw1.key.pem'), 0o644);
    await deliver('A');
    expect(modeOf(join(directory, 'gw1.key.pem'))).toBe(0o600);
  });

  it('keeps the modes that an operator gave, but for a key that everybody could read', async () => {
    await deliver('A');
    const modes = (): readonly number[] =>
      ['key', 'chain', 'cert'].map((part) => modeOf(join(directory, `gw1.${part}.pem`)));
    chmodSync(join(directory, 'gw1.key.pem'), 0o640);
    chmodSync(join(directory, 'gw1.chain.pem'), 0o666);
    chmodSync(join(directory, 'gw1.cert.pem'), 0o600);
    await deliver('B');
    expect(modes()).toEqual([0o640, 0o664, 0o600]);
    chmodSync(join(directory, 'gw1.key.pem'), 0o604);
    await deliver('C');
    expect(modes()).toEqual([0o600, 0o664, 0o600]);
  });

  it.runIf(process.geteuid?.() === 0)(
    'keeps the owners that an operator gave, where nobody else can put files',
    async () => {
      const key = join(directory, 'gw1.key.pem');
      const owner = (): readonly number[] => [statSync(key).uid, statSync(key).gid];
      await deliver('A');
      chownSync(key, 33, 34);
      await deliver('B');
      expect(owner()).toEqual([33, 34]);
      for (const mode of [0o1777, 0o775]) {
        chmodSync(directory, mode);
        chownSync(key, 33, 34);
        chmodSync(key, 0o660);
        await deliver(`${mode}`);
        expect([...owner(), modeOf(key)]).toEqual([0, 0, 0o600]);
      }
    },
  );

  it('completes a set of which files are missing', async () => {
    await deliver('A');
    rmSync(join(directory, 'gw1.chain.pem'));
    await deliver('B');
    const kept = after('AB');
    delete kept['gw1.previous/gw1.chain.pem'];
    expect(tree()).toEqual(kept);
  });

  it('leaves other names alone', async () => {
    mkdirSync(directory);
    for (const other of ['gw10.key.pem', 'gw1', '.gw10.delivery-commit', '.gw1.swp']) {
      writeFileSync(join(directory, other), 'other');
    }
    const before = tree();
    await deliver('A');
    expect(tree()).toEqual({ ...before, ...after('A') });
  });

  it('replaces a symbolic link in the place of a file and does not write through it', async () => {
    const target = join(root, 'target');
    writeFileSync(target, 'precious');
    mkdirSync(directory);
    symlinkSync(target, join(directory, 'gw1.key.pem'));
    await deliver('A');
    expect(readFileSync(target, 'utf8')).toBe('precious');
    expect(lstatSync(join(directory, 'gw1.key.pem')).isFile()).toBe(true);
    expect(lstatSync(join(directory, 'gw1.previous', 'gw1.key.pem')).isSymbolicLink()).toBe(true);
  });

  it('goes into a directory that is reached through a symbolic link', async () => {
    mkdirSync(directory);
    symlinkSync(directory, join(root, 'link'));
    await deliver('A', undefined, join(root, 'link'));
    expect(tree()).toEqual(after('A'));
  });

  it.each([
    [0o1777, []],
    [0o1770, []],
    [0o755, []],
    [0o775, ['its whole group']],
    [0o720, ['its whole group']],
  ])('warns of a directory of mode %o when others can replace files', async (mode, expected) => {
    mkdirSync(directory);
    chmodSync(directory, mode);
    const said = expected.map((who) => `${who} can replace the files in "${directory}"`);
    expect(await warnings()).toEqual(said.map((text) => expect.stringContaining(text)));
  });

  it('refuses a directory that every user may write to', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    await expect(deliver('A')).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('every user of this machine can replace the files in'),
      hint: `Take that away: chmod o-w ${directory}`,
    });
    expect(tree()).toEqual({});
  });

  it.runIf(process.geteuid?.() === 0)('refuses a directory of another user', async () => {
    mkdirSync(directory);
    chownSync(directory, 65_534, 65_534);
    await expect(deliver('A')).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining(
        `the owner of "${directory}" (uid 65534) can replace the files in it`,
      ),
      hint: expect.stringContaining(`chown 0 ${directory}`),
    });
    expect(tree()).toEqual({});
  });

  it('says when a file stands where the directory should be', async () => {
    writeFileSync(directory, '');
    await expect(deliver('A')).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: `Cannot deliver "gw1" to "${directory}": "${directory}": not a directory (ENOTDIR)`,
      hint: expect.stringContaining('cmp cert-store location'),
    });
    await expect(deliver('A', undefined, join(directory, 'below'))).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('not a directory (ENOTDIR)'),
    });
  });

  it('says when a directory stands where a file should be, and changes nothing', async () => {
    mkdirSync(join(directory, 'gw1.cert.pem'), { recursive: true });
    await expect(deliver('A')).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('gw1.cert.pem" is not a file'),
    });
    expect(tree()).toEqual({});
    expect(readdirSync(directory)).toEqual(['gw1.cert.pem']);
  });

  it('does not touch what somebody else put in the place of its own left-overs', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, '.gw1.delivery-commit'), '');
    await expect(deliver('A')).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('is not a directory of this user'),
    });
  });

  it('names path and cause of a full disk', async () => {
    await expect(deliver('A', failingFs(new Map([[9, 'once']])))).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(/"\/.*pem": no space left on the device \(ENOSPC\)/),
      hint: expect.stringContaining('Free some space'),
    });
  });
});

describe.each(['', 'A', 'OA'])('deliverFiles() after the sets "%s"', (history) => {
  /** The delivery of B with faults: whether it said that it was done, and how many calls it made. */
  async function attempt(
    faults: ReadonlyMap<number, Fault>,
  ): Promise<{ readonly isDone: boolean; readonly calls: number }> {
    rmSync(directory, { recursive: true, force: true });
    for (const set of history) await deliver(set, failingFs());
    const fs = failingFs(faults);
    const isDone = await deliver('B', fs).then(
      () => true,
      () => false,
    );
    return { isDone, calls: fs.calls() };
  }

  it('is all or nothing when any one of its calls fails', async () => {
    const outcomes = new Set<boolean>();
    const { calls } = await attempt(new Map());
    for (let n = 1; n <= calls; n++) {
      const { isDone } = await attempt(new Map([[n, 'once']]));
      outcomes.add(isDone);
      expect(visible(tree()), `call ${n} of ${calls}`).toEqual(
        after(isDone ? `${history}B` : history),
      );
    }
    expect(outcomes).toEqual(new Set([true, false]));
  });

  it('is finished by the next delivery when it is killed at any of its calls', async () => {
    const { calls } = await attempt(new Map());
    for (let n = 1; n <= calls; n++) {
      await attempt(new Map([[n, 'for ever']]));
      await deliver('B', failingFs());
      expect(tree(), `killed at call ${n} of ${calls}`).toEqual(after(`${history}B`));
    }
  });

  it('leaves a whole set to go back to when it is killed and another follows', async () => {
    const { calls } = await attempt(new Map());
    const seen = new Set<boolean>();
    for (let n = 1; n <= calls; n++) {
      await attempt(new Map([[n, 'for ever']]));
      await deliver('C', failingFs());
      const isCommitted = tree()['gw1.previous/gw1.key.pem'] === 'B key\n';
      seen.add(isCommitted);
      expect(tree(), `killed at call ${n} of ${calls}`).toEqual(
        after(isCommitted ? 'BC' : `${history}C`),
      );
    }
    expect(seen).toEqual(new Set([true, false]));
  });

  it('is finished by the next delivery when it is killed while it backs out', async () => {
    const { calls } = await attempt(new Map());
    const every = Math.max(1, Math.round(100 / scaled(20)));
    let kills = 0;
    for (let n = 1; n <= calls; n++) {
      for (let m = n + 1 + (n % every); ; m += every) {
        const faults = new Map<number, Fault>([
          [n, 'once'],
          [m, 'for ever'],
        ]);
        const made = (await attempt(faults)).calls;
        if (made < m) break;
        kills += 1;
        await deliver('B', failingFs());
        expect(tree(), `call ${n} failed, killed at call ${m}`).toEqual(after(`${history}B`));
      }
    }
    expect(kills).toBeGreaterThan(calls / 2);
  });
});

describe.each(['', 'A', 'OA'])('two deliveries at once after the sets "%s"', (history) => {
  /** The delivery of B with a whole other one done just before one of its calls. */
  async function attempt(n: number, other: string): Promise<{ reached: boolean; said: unknown }> {
    rmSync(directory, { recursive: true, force: true });
    for (const set of history) await deliver(set, failingFs());
    let reached = false;
    const fs = interruptedFs(n, async () => {
      reached = true;
      await deliver(other, failingFs());
    });
    const said = await deliver('B', fs).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { reached, said };
  }

  it('are both done when they deliver the same, at whichever call they meet', async () => {
    let n = 1;
    for (; ; n++) {
      const { reached, said } = await attempt(n, 'B');
      if (!reached) break;
      expect(said, `met at call ${n}`).toBeUndefined();
      expect(tree(), `met at call ${n}`).toMatchObject(filesOf('B'));
      expect(readdirSync(directory).filter((file) => file.startsWith('.'))).toEqual([]);
    }
    expect(n).toBeGreaterThan(10);
  });

  it('leave one whole set when they deliver different ones', async () => {
    for (let n = 1; ; n++) {
      if (!(await attempt(n, 'C')).reached) break;
      const key = tree()['gw1.key.pem'];
      expect(tree(), `met at call ${n}`).toMatchObject(filesOf(key === 'C key\n' ? 'C' : 'B'));
      expect(readdirSync(directory).filter((file) => file.startsWith('.'))).toEqual([]);
    }
  });
});
