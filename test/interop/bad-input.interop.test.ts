import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { silentLog } from '../../src/base/log.ts';
import { createLab, DEFAULT_REFERENCE, type Lab } from '../../src/ca/lab.ts';
import { programPath } from '../../scripts/peer-packages.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { main, runCertkeeper } from './openssl/command-line.ts';

beforeEach((context) => {
  requirePeer(context, 'util-linux');
  requireFeature(context, 'namespaces');
});

/** A lab that serves, and a state directory that knows it. */
interface Place {
  readonly directory: string;
  readonly state: string;
  readonly lab: Lab;
}

async function makePlace(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-disk-'));
  const [clock, random] = [systemClock, systemRandom];
  const lab = await createLab({ directory: join(directory, 'lab'), clock, random });
  const listening = await lab.listen(0);
  onTestFinished(async () => {
    await listening.close();
    await lab.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const { root, secrets } = await lab.writeFiles();
  const state = join(directory, 'state');
  const words = ['ca', 'add', 'lab', 'url', listening.url, 'root', root];
  const secret = `file:${secrets.get(DEFAULT_REFERENCE) ?? ''}`;
  const added = await runCertkeeper(
    state,
    [...words, 'reference', DEFAULT_REFERENCE, 'secret', secret],
    {},
  );
  expect(added).toMatchObject({ code: 0, err: '' });
  mkdirSync(join(directory, 'disk'));
  mkdirSync(join(directory, 'kept'));
  return { directory, state, lab };
}

/**
 * Run a shell script in a mount namespace of its own, where `disk` is a small disk with a copy of the state
 * directory on it; what the script copies to `kept` is there afterwards.
 */
function onSmallDisk({ directory, state }: Place, script: string): Promise<string> {
  const prelude =
    'set -e; mount -t tmpfs -o size=2m none "$DISK"; cp -a "$STATE" "$DISK/state"; set +e\n' +
    'certkeeper() { "$NODE" "$MAIN" --state "$DISK/state" "$@"; echo "exit $?" >&2; }\n' +
    "initialize() { certkeeper cmp initialize key-type p-256 cert-name gw1 subject-name 'CN=gw1,O=Test'; }\n";
  const child = spawn('unshare', ['-m', 'sh', '-c', prelude + script], {
    env: {
      PATH: programPath,
      DISK: join(directory, 'disk'),
      KEPT: join(directory, 'kept'),
      STATE: state,
      NODE: process.execPath,
      MAIN: main,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(err));
  });
}

describe('a full disk', () => {
  it.each([0, 32, 96, 128, 160, 172, 176, 200])(
    'with %i KiB left loses nothing: with space again, one certificate comes',
    async (kib) => {
      const place = await makePlace();
      const err = await onSmallDisk(
        place,
        // One write of the file system's block size at a time, so that it is filled to the last of them.
        `dd if=/dev/zero of="$DISK/left" bs=1k count=${kib} 2>/dev/null
        dd if=/dev/zero of="$DISK/fill" bs=4k 2>/dev/null
        rm -f "$DISK/left"
        initialize
        rm "$DISK/fill"
        initialize
        certkeeper cmp poll current-cert gw1
        cp -a "$DISK/state" "$KEPT"`,
      );
      const codes = [...err.matchAll(/^exit (\d+)$/gm)].map(([, code]) => code).join(' ');
      // Full before the certificate was there, while its files were written, or not at all: it is then
      // not asked for again.
      expect(codes, err).toMatch(/^(?:4 0 0|10 [03] 0|0 3 0)$/);
      expect(err).toMatch(/^error: Cannot .*(?:the disk is full \(\w+\)|no space left|there is)/m);
      expect(await place.lab.issuedCount()).toBe(1);
      const services = await compose({
        stateDirectory: join(place.directory, 'kept/state'),
        log: silentLog,
      });
      onTestFinished(() => services.close());
      expect(await services.store.transactions.outstanding()).toEqual([]);
      const current = await services.store.certificates.current('gw1');
      expect(current).toMatchObject({ version: 1, status: 'current' });
      expect(existsSync(join(place.directory, 'kept/state/certs/gw1.key.pem'))).toBe(true);
    },
  );
});

describe('a read-only disk', () => {
  it('is told at once, and nobody is asked for a certificate', async () => {
    const place = await makePlace();
    const err = await onSmallDisk(
      place,
      'mount -o remount,ro "$DISK"; initialize; certkeeper show cert; cp "$DISK/state/store.db" "$KEPT"',
    );
    expect(err.match(/^exit 4$/gm), err).toHaveLength(2);
    expect(err).toMatch(/^error: Cannot .* "\S+": it, or its folder, cannot be written \(\w+\)$/m);
    expect(err).toMatch(/^hint: Run as the owner of the state directory/m);
    expect(await place.lab.requests()).toEqual([]);
    const kept = readFileSync(join(place.directory, 'kept/store.db'));
    expect(kept.equals(readFileSync(join(place.state, 'store.db')))).toBe(true);
  });
});
