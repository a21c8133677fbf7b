import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { IkeDaemon } from '../../src/deploy/ike-daemon.ts';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import { requireFeature } from '../harness/require.ts';
import { startFakeCharon } from '../harness/fake-charon.ts';
import { privateDirectory } from '../harness/fake-vici.ts';
import { connectionName } from './ipsec/both-ways.ts';
import { hasIpsec, openIpsecScene, requireIpsec, type IpsecScene } from './ipsec/ipsec-scene.ts';
import type { SceneLeaf } from './ipsec/scene-ca.ts';
import { hexOf, openSide, type ViciSide } from './ipsec/vici-side.ts';

let scene: IpsecScene;
let alice: ViciSide;
let leaf: SceneLeaf;

beforeAll(async () => {
  if (!hasIpsec()) return;
  scene = await openIpsecScene();
  leaf = await scene.a.issuing.issue('alice');
});

afterAll(() => scene?.close());

/** Each begins with a charon that has a certificate, its key and a connection. */
beforeEach(async (context) => {
  requireIpsec(context);
  if (!scene.alice.isRunning()) await scene.alice.start();
  alice = await openSide(scene, 'alice');
  onTestFinished(() => alice.daemon.close());
  await alice.renew(leaf);
});

/** What of it is still there. */
async function loaded(): Promise<readonly unknown[]> {
  const daemon = await opened();
  return [await daemon.connections(), (await daemon.keys()).length];
}

async function opened(timeoutMs = 10_000): Promise<IkeDaemon> {
  const daemon = await openIkeDaemon(scene.alice.socket, { timeoutMs });
  onTestFinished(() => daemon.close());
  return daemon;
}

/** Stop a process, with all its threads: one might answer yet. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const isStopped = (task: string): boolean =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8'));
  await expect.poll(() => readdirSync(`/proc/${pid}/task`).every(isStopped)).toBe(true);
}

describe('the socket of a charon', () => {
  it('is gone, or nobody listens there, when charon has ended', async () => {
    await scene.alice.stop();
    await expect(opened()).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(/: (?:there is no such socket|nobody listens there)$/),
      hint: expect.stringContaining('Start charon'),
    });
  });

  it('is there, but nobody listens, when charon was killed', async () => {
    await scene.alice.kill();
    await expect(opened()).rejects.toThrow(/: nobody listens there$/);
  });

  it('is not for everybody: another user is told so', async (context) => {
    requireFeature(context, 'accounts');
    const { socket } = scene.alice;
    expect(statSync(socket).mode & 0o007).toBe(0);
    for (const above of [scene.directory, scene.alice.directory]) chmodSync(above, 0o755);
    const groups = process.getgroups?.() ?? [];
    process.setgroups?.([]);
    process.setegid?.(65_534);
    process.seteuid?.(65_534);
    try {
      await expect(opened()).rejects.toThrow(`"${socket}": permission denied`);
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
      process.setgroups?.(groups);
    }
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, ''), 'it is a file, not a socket'],
    ['a directory', (path: string) => mkdirSync(path), 'it is a directory, not a socket'],
  ])('is %s: that is said', async (_what, make, why) => {
    const path = join(privateDirectory(), 'charon.vici');
    make(path);
    await expect(openIkeDaemon(path)).rejects.toThrow(`"${path}": ${why}`);
  });

  it('is one that anybody could have put there: nothing is said to it', async (context) => {
    requireFeature(context, 'accounts');
    const directory = privateDirectory();
    const path = join(directory, 'charon.vici');
    const { commands } = await startFakeCharon(path);
    chmodSync(directory, 0o1777);
    chownSync(path, 65_534, 65_534);
    await expect(openIkeDaemon(path)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining(`Cannot trust the socket "${path}"`),
    });
    expect(commands).toStrictEqual([]);
  });

  it('is that of a web server: that is said, and no key is sent to it', async () => {
    const path = join(privateDirectory(), 'charon.vici');
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const daemon = await openIkeDaemon(path);
    onTestFinished(() => daemon.close());
    await expect(daemon.about()).rejects.toThrow(
      'what answers does not speak VICI: it announces 1213486160 octets',
    );
    await expect(daemon.loadKey(leaf.pkcs8)).rejects.toThrow('does not speak VICI');
  });
});

describe('a charon that refuses', () => {
  it.each([
    ['a certificate', (to: IkeDaemon) => to.loadCertificate(Uint8Array.of(48, 0), 'own'), 'X509'],
    ['a key', (to: IkeDaemon) => to.loadKey(Uint8Array.of(48, 0)), 'private key'],
    ['a CRL', (to: IkeDaemon) => to.loadCrl(Uint8Array.of(48, 0)), 'X509_CRL'],
  ])('%s that is none is quoted', async (_what, load, kind) => {
    await expect(load(alice.daemon)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(
        new RegExp(`it refuses load-\\w+, "parsing (?:\\w+ )*${kind}.* failed"$`),
      ),
    });
  });

  it('a CA that is none is quoted', async () => {
    await expect(alice.daemon.loadCertificate(leaf.der, 'ca')).rejects.toThrow(
      'it refuses load-cert, "ca certificate lacks CA basic constraint, rejected"',
    );
  });

  it('a connection has the former one, and its IKE_SA, as they were', async () => {
    const before = await scene.alice.swanctl('--list-conns');
    for (const [wrong, why] of [
      [{ proposals: ['nonsense'] }, 'invalid value for: proposals, config discarded'],
      [{ localId: 'a\u0001b' }, 'invalid value for: id, config discarded'],
      [{ certificate: Uint8Array.of(1) }, 'invalid value for: certs, config discarded'],
    ] as const)
      await expect(alice.daemon.loadConnection(alice.connectionWith(leaf, wrong))).rejects.toThrow(
        `it refuses load-conn, "${why}"`,
      );
    expect((await scene.alice.swanctl('--list-conns')).out).toBe(before.out);
  });

  it('a connection that is not there is quoted', async () => {
    await expect(alice.daemon.initiate('nowhere')).rejects.toThrow(
      `it refuses initiate, "IKE_SA config 'nowhere' not found"`,
    );
  });
});

describe('a charon that stops in the middle', () => {
  it('does not answer in time', async () => {
    const daemon = await opened(200);
    await freeze(scene.alice.pid());
    try {
      await expect(daemon.connections()).rejects.toThrow('no answer to get-conns in 0.2 s');
    } finally {
      process.kill(scene.alice.pid(), 'SIGCONT');
    }
    expect(await loaded()).toStrictEqual([[connectionName], 1]);
  });

  it('ends the connection when it dies, and is another run when it is back', async () => {
    const { run } = await alice.daemon.about();
    await freeze(scene.alice.pid());
    const asked = Promise.allSettled([alice.daemon.loadKey(leaf.pkcs8)]);
    await scene.alice.kill();
    expect(await asked).toMatchObject([
      { reason: { message: expect.stringContaining('it ended the connection during load-key') } },
    ]);
    expect(await alice.daemon.ended()).toMatchObject({ code: 'DELIVERY_FAILED' });
    await scene.alice.start();
    const again = await opened();
    expect((await again.about()).run).not.toBe(run);
    expect(await loaded()).toStrictEqual([[], 0]);
  });

  it('has nothing of a key in its log, nor in what we say of it', async () => {
    const broken = leaf.pkcs8.slice(0, -1);
    const told = await alice.daemon.loadKey(broken).catch((error: unknown) => inspect(error));
    expect(told).toContain('it refuses load-key');
    const middle = hexOf({ der: leaf.pkcs8.subarray(40, 56) });
    for (const text of [told, scene.alice.log()])
      expect(text.toLowerCase().replaceAll(/[\s:]/g, '')).not.toContain(middle);
  });
});
