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
import { encodePem } from '../../src/asn1/pem.ts';
import { asBuffer } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel } from '../../src/base/label.ts';
import type { DeliveryFs } from '../../src/deploy/delivery-fs.ts';
import { tidyDeployment } from '../../src/deploy/deployment-files.ts';
import { deliverFiles, type Delivered } from '../../src/deploy/files.ts';
import type { Deployment, OutputFile } from '../../src/store/deployments-contract.ts';
import { failingFs, type Fault } from './failing-fs.ts';

const name = parseLabel('gw1', 'cert-name');
const web = parseLabel('web', 'to');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'certkeeper-deploy-'));
  mkdirSync(join(root, 'private'));
  mkdirSync(join(root, 'certs'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** What stands for the DER of a set's certificate. */
function der(set: string): Uint8Array {
  return Uint8Array.of(0x30, 0x03, 0x02, 0x01, set.charCodeAt(0));
}

function pems(set: string) {
  return {
    name,
    keyPem: `${set} key\n`,
    chainPem: `${set} chain\n`,
    certificatePem: encodePem('CERTIFICATE', der(set)),
  };
}

const usual: readonly OutputFile[] = [
  { kind: 'cert', path: 'certs/gw1.crt' },
  { kind: 'chain', path: 'certs/gw1-chain.crt' },
  { kind: 'key', path: 'private/gw1.key' },
];

interface Differently {
  readonly files?: readonly OutputFile[];
  readonly settings?: Partial<Deployment>;
  readonly fs?: DeliveryFs;
  readonly confirm?: () => Promise<void>;
}

async function deliver(
  set: string,
  { files = usual, settings = {}, ...rest }: Differently = {},
): Promise<Delivered> {
  const below = files.map((file) => ({ ...file, path: join(root, file.path) }));
  return deliverFiles({
    ...pems(set),
    deployment: { label: web, files: below, ...settings },
    ...rest,
  });
}

/** The files below the root by path, without those that begin with a dot. */
function tree(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (entry.includes('/.') || lstatSync(join(root, entry)).isDirectory()) continue;
    found[entry] = readFileSync(join(root, entry), 'utf8');
  }
  return found;
}

function leftOvers(): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((entry) =>
    entry.includes('/.'),
  );
}

/** What stands when `sets` were delivered in this order. */
function after(sets: string): Record<string, string> {
  const [now, before] = [...sets].toReversed();
  return {
    ...(now === undefined
      ? {}
      : {
          'private/gw1.key': `${now} key\n`,
          'certs/gw1-chain.crt': `${now} chain\n`,
          'certs/gw1.crt': encodePem('CERTIFICATE', der(now)),
        }),
    ...(before === undefined
      ? {}
      : {
          'private/gw1@web.previous/gw1.key': `${before} key\n`,
          'certs/gw1@web.previous/gw1-chain.crt': `${before} chain\n`,
          'certs/gw1@web.previous/gw1.crt': encodePem('CERTIFICATE', der(before)),
        }),
  };
}

function modeOf(path: string): number {
  return statSync(join(root, path)).mode & 0o777;
}

/** What does not confirm the set "B", or any other. */
async function refuse(): Promise<void> {
  expect(Object.values(tree())).toContain(encodePem('CERTIFICATE', der('B')));
  throw new CertError('DELIVERY_FAILED', 'Cannot use "gw1": the configuration is broken');
}

async function refuseAny(): Promise<void> {
  throw new CertError('DELIVERY_FAILED', 'Cannot use "gw1": the configuration is broken');
}

async function failure(delivering: Promise<Delivered>): Promise<CertError> {
  const error = await delivering.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertError) return error;
  throw new Error(`No CertError, but ${String(error)}`);
}

describe('deliverFiles() of a deployment', () => {
  it('writes each kind of file, key first and certificate last', async () => {
    const files = (['cert', 'der', 'fullchain', 'combined', 'chain', 'key'] as const).map(
      (kind) => ({ kind, path: `certs/${kind}` }),
    );
    const delivered = await deliver('A', { files });
    expect(delivered.directory).toBe(join(root, 'certs'));
    const order = ['key', 'chain', 'combined', 'der', 'fullchain', 'cert'];
    expect(delivered.files).toEqual(order.map((kind) => join(root, 'certs', kind)));
    const { certificatePem } = pems('A');
    expect(tree()).toMatchObject({
      'certs/key': 'A key\n',
      'certs/chain': 'A chain\n',
      'certs/combined': `${certificatePem}A chain\nA key\n`,
      'certs/fullchain': `${certificatePem}A chain\n`,
      'certs/cert': certificatePem,
    });
    expect(readFileSync(join(root, 'certs/der'))).toEqual(asBuffer(der('A')));
    const modes = order.map((kind) => modeOf(`certs/${kind}`));
    expect(modes).toEqual([0o600, 0o644, 0o600, 0o644, 0o644, 0o644]);
  });

  it('keeps the set before in each of its directories', async () => {
    for (const set of ['O', 'A', 'B']) await deliver(set);
    expect(tree()).toEqual(after('AB'));
    expect(leftOvers()).toEqual([]);
  });

  it('keeps the mode of a file where none is given, but lets nobody read a key', async () => {
    for (const path of ['private/gw1.key', 'certs/gw1.crt']) {
      writeFileSync(join(root, path), 'old');
      chmodSync(join(root, path), 0o664);
    }
    await deliver('A');
    expect([modeOf('private/gw1.key'), modeOf('certs/gw1.crt')]).toEqual([0o660, 0o664]);
    await deliver('B');
    expect([modeOf('private/gw1.key'), modeOf('certs/gw1.crt')]).toEqual([0o660, 0o664]);
  });

  it('gives files the modes that are given', async () => {
    await deliver('A', { settings: { mode: 0o444, keyMode: 0o440 } });
    expect([modeOf('private/gw1.key'), modeOf('certs/gw1.crt')]).toEqual([0o440, 0o444]);
    await deliver('A', { settings: { keyMode: 0o400 } });
    expect([modeOf('private/gw1.key'), modeOf('certs/gw1.crt')]).toEqual([0o400, 0o444]);
  });

  it.runIf(process.geteuid?.() === 0)(
    'gives files their owner, or keeps what they have',
    async () => {
      const ownerOf = (path: string): readonly number[] => {
        const { uid, gid } = statSync(join(root, path));
        return [uid, gid];
      };
      writeFileSync(join(root, 'certs/gw1.crt'), 'old');
      chownSync(join(root, 'certs/gw1.crt'), 33, 34);
      await deliver('A');
      expect(ownerOf('certs/gw1.crt')).toEqual([33, 34]);
      expect(ownerOf('private/gw1.key')).toEqual([0, 0]);
      await deliver('A', { settings: { owner: 'daemon', group: '4711' } });
      expect(ownerOf('certs/gw1.crt')).toEqual([1, 4711]);
      expect(ownerOf('private/gw1.key')).toEqual([1, 4711]);
    },
  );

  it.runIf(process.geteuid?.() === 0)(
    'does not give the key to whoever put a file in its place',
    async () => {
      chmodSync(join(root, 'private'), 0o775);
      writeFileSync(join(root, 'private/gw1.key'), '', { mode: 0o600 });
      chownSync(join(root, 'private/gw1.key'), 4711, 4711);
      const { message } = await failure(deliver('A'));
      expect(message).toContain('belongs to uid 4711, and the whole group of its directory');
      expect(readFileSync(join(root, 'private/gw1.key'), 'utf8')).toBe('');
      await deliver('A', { settings: { owner: '4711' } });
      expect(readFileSync(join(root, 'private/gw1.key'), 'utf8')).toBe('A key\n');
    },
  );

  it('puts the old files back when they are not confirmed, in every directory', async () => {
    for (const history of ['', 'A', 'OA']) {
      for (const set of history) await deliver(set);
      expect((await failure(deliver('B', { confirm: refuse }))).message).toContain('is broken');
      expect(tree()).toEqual(after(history));
      expect(leftOvers()).toEqual([]);
    }
  });

  it('asks for confirmation again when the files stand already', async () => {
    let asked = 0;
    const confirm = async (): Promise<void> => {
      asked += 1;
    };
    await deliver('A', { confirm });
    await deliver('A', { confirm });
    expect(asked).toBe(2);
  });

  it.each([
    ['a directory that is not there', 'none/x', 'there is no directory'],
    ['a directory that is a symbolic link', 'link/x', 'is a symbolic link'],
    ['a file that is a symbolic link', 'certs/alias', 'certs/alias" is a symbolic link'],
    ['a directory everybody may write to', 'open/x', 'every user of this machine can put files'],
    ['a directory like /tmp', 'sticky/x', 'every user of this machine can put files'],
    ['a file in the place of a directory', 'plain/x', 'not a directory'],
    ['a directory in the place of a file', 'certs/dir', 'is not a file'],
  ])('refuses %s, and changes nothing', async (_, path, why) => {
    symlinkSync(join(root, 'certs'), join(root, 'link'));
    symlinkSync(join(root, 'target'), join(root, 'certs/alias'));
    mkdirSync(join(root, 'open'));
    chmodSync(join(root, 'open'), 0o777);
    mkdirSync(join(root, 'sticky'));
    chmodSync(join(root, 'sticky'), 0o1777);
    mkdirSync(join(root, 'certs/dir'));
    writeFileSync(join(root, 'plain'), '');
    const files: readonly OutputFile[] = [
      { kind: 'key', path: 'private/gw1.key' },
      { kind: 'cert', path },
    ];
    const { code, message } = await failure(deliver('A', { files }));
    expect(code).toBe('DELIVERY_FAILED');
    expect(message).toContain(why);
    expect(existsSync(join(root, 'private/gw1.key'))).toBe(false);
    expect(leftOvers()).toEqual([]);
  });

  it.each([
    [0o777, 'chmod o-w'],
    [0o1777, 'Choose a directory of this user'],
  ])('says what to do about a directory of mode %o', async (mode, way) => {
    mkdirSync(join(root, 'open'));
    chmodSync(join(root, 'open'), mode);
    const files = [{ kind: 'cert', path: 'open/x' }] as const;
    expect((await failure(deliver('A', { files }))).hint).toContain(way);
  });

  it('refuses a user that there is none of', async () => {
    const { code, message } = await failure(deliver('A', { settings: { owner: 'nobody-here' } }));
    expect(code).toBe('DELIVERY_FAILED');
    expect(message).toContain('Cannot find user "nobody-here" in /etc/passwd');
  });

  it('refuses a file with the key when the key is not here', async () => {
    const { keyPem: _, ...without } = pems('A');
    const files = [{ kind: 'combined', path: join(root, 'certs/all.pem') }] as const;
    const delivering = deliverFiles({ ...without, deployment: { label: web, files } });
    expect((await failure(delivering)).message).toBe(
      'Cannot deliver the key of "gw1": it is not here',
    );
  });
});

describe.each(['', 'A', 'OA'])('a deployment to two directories after the sets "%s"', (history) => {
  /** The delivery of B with faults: whether it said that it was done, and how many calls it made. */
  async function attempt(
    faults: ReadonlyMap<number, Fault>,
    confirm = async (): Promise<void> => {},
  ): Promise<{ readonly isDone: boolean; readonly calls: number }> {
    for (const directory of ['private', 'certs']) {
      rmSync(join(root, directory), { recursive: true });
      mkdirSync(join(root, directory));
    }
    for (const set of history) await deliver(set, { fs: failingFs() });
    const fs = failingFs(faults);
    const isDone = await deliver('B', { fs, confirm }).then(
      () => true,
      () => false,
    );
    return { isDone, calls: fs.calls() };
  }

  it('is all or nothing when any one of its calls fails', async () => {
    const { calls } = await attempt(new Map());
    const outcomes = new Set<boolean>();
    for (let n = 1; n <= calls; n++) {
      const { isDone } = await attempt(new Map([[n, 'once']]));
      outcomes.add(isDone);
      expect(tree(), `call ${n} of ${calls}`).toEqual(after(isDone ? `${history}B` : history));
    }
    expect(outcomes).toEqual(new Set([true, false]));
  });

  it('is finished or taken back as a whole when it is killed and another one is not confirmed', async () => {
    const { calls } = await attempt(new Map());
    const seen = new Set<string>();
    for (let n = 1; n <= calls; n++) {
      await attempt(new Map([[n, 'for ever']]));
      await failure(deliver('C', { fs: failingFs(), confirm: refuseAny }));
      const stood = tree()['private/gw1.key'] === 'B key\n' ? `${history}B` : history;
      seen.add(stood);
      expect(tree(), `killed at call ${n} of ${calls}`).toEqual(after(stood));
      expect(leftOvers()).toEqual([]);
    }
    expect(seen).toEqual(new Set([history, `${history}B`]));
  });

  it('leaves nothing lying about when it is killed and then forgotten', async () => {
    const { calls } = await attempt(new Map());
    const below = usual.map((file) => ({ ...file, path: join(root, file.path) }));
    for (let n = 1; n <= calls; n++) {
      await attempt(new Map([[n, 'for ever']]));
      await tidyDeployment(name, { label: web, files: below }, failingFs());
      const isNew = tree()['private/gw1.key'] === 'B key\n';
      expect(tree(), `killed at call ${n}`).toEqual(after(isNew ? `${history}B` : history));
      expect(leftOvers()).toEqual([]);
    }
  });

  it('is finished by the next delivery when it is killed at any of its calls', async () => {
    const { calls } = await attempt(new Map());
    for (let n = 1; n <= calls; n++) {
      await attempt(new Map([[n, 'for ever']]));
      await deliver('B', { fs: failingFs() });
      expect(tree(), `killed at call ${n} of ${calls}`).toEqual(after(`${history}B`));
      expect(leftOvers()).toEqual([]);
    }
  });
});
