import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { programPath } from '../../scripts/peer-packages.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

/** A user that no machine has a name for. */
const uid = 61_234;

beforeEach((context) => {
  requireFeature(context, 'accounts');
  requirePeer(context, 'util-linux');
});

interface Place {
  /** Whose all in it is to be. */
  readonly state: string;
  /** Only root can enter it. */
  readonly private: string;
  /** It is seen as /var/lib/certkeeper. */
  readonly isService?: boolean;
}

function place(isService = false): Place {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-users-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const [state, hidden] = [join(directory, 'lib/certkeeper'), join(directory, 'root')];
  for (const each of [state, hidden]) mkdirSync(each, { mode: 0o700, recursive: true });
  chmodSync(join(directory, 'lib'), 0o755);
  chownSync(state, uid, uid);
  const notAfter = new Date('2049-12-31T00:00:00Z');
  const ca = issue({ subject: 'CN=Root', isCa: true, notAfter });
  const leaf = issue({ subject: 'CN=vendor', issuer: ca, notAfter });
  for (const [file, { certificate }] of Object.entries({ 'ca.pem': ca, 'leaf.pem': leaf }))
    writeFileSync(join(hidden, file), encodePem('CERTIFICATE', certificateDer(certificate)));
  writeFileSync(join(hidden, 'psk'), 's3cret', { mode: 0o600 });
  return { state, private: hidden, isService };
}

/** Words that run others where the state directory is that of the service, which no other process sees. */
function within({ state, isService = false }: Place): readonly string[] {
  if (!isService) return ['env', `CERTKEEPER_STATE=${state}`];
  const mount = 'mount --bind "$0" /var/lib && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', mount, dirname(state)];
}

/** Run a command as root. */
function asRoot(at: Place, ...words: readonly string[]) {
  const [program = '', ...args] = [...within(at), process.execPath, main, ...words];
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { PATH: programPath },
  });
  return { status, text: stdout + stderr };
}

/** Be the agent as its user, with what the unit lets it do. */
async function startAgent(at: Place) {
  const three = '+chown,+fowner,+dac_override';
  const become = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const caps = [`--inh-caps=-all,${three}`, `--ambient-caps=${three}`];
  const node = ['agent', 'run', '--state', at.isService ? '/var/lib/certkeeper' : at.state];
  const words = [...within(at), 'setpriv', ...become, ...caps, process.execPath, main, ...node];
  const [program = '', ...args] = words;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: programPath, CERTKEEPER_TEST_BEAT_SECONDS: '1' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (octets: Buffer) => (log += octets.toString()));
  await vi.waitFor(() => expect(log).toContain('The agent runs'), { timeout: 20_000 });
  return child;
}

function owners({ state }: Place): ReadonlySet<number> {
  const below = readdirSync(state, { recursive: true, encoding: 'utf8' });
  return new Set(['', ...below].map((path) => lstatSync(join(state, path)).uid));
}

function whose(path: string) {
  const { uid: user, gid: group, mode } = lstatSync(path);
  return { user, group, mode: mode & 0o777 };
}

it('lets root work in the store of an agent, before it, beside it and between two of them', async () => {
  const at = place();
  const ca = ['url', 'http://127.0.0.1:9/', 'root', join(at.private, 'ca.pem'), 'reference', 'gw'];
  const secret = ['secret', `file:${join(at.private, 'psk')}`];
  expect(asRoot(at, 'ca', 'add', 'lab', ...ca, ...secret)).toMatchObject({ status: 0 });
  expect(owners(at)).toStrictEqual(new Set([uid]));
  const first = await startAgent(at);
  const imported = ['cert', 'import', 'cert-name', 'vendor', 'file', join(at.private, 'leaf.pem')];
  expect(asRoot(at, ...imported)).toMatchObject({ status: 0 });
  expect(asRoot(at, 'agent', 'status').text).toMatch(/runs +\d/);
  expect(owners(at)).toStrictEqual(new Set([uid]));
  first.kill('SIGKILL');
  await once(first, 'exit');
  expect(asRoot(at, 'cert', 'hook', 'cert-name', 'vendor', '--', '/bin/true').status).toBe(0);
  expect(owners(at)).toStrictEqual(new Set([uid]));

  const second = await startAgent(at);
  const target = join(at.private, 'vendor.pem');
  const refused = asRoot(at, 'cert', 'deploy', 'cert-name', 'vendor', 'to', 'web', 'cert', target);
  expect(refused.status).toBe(10);
  expect(refused.text).toContain(
    `This runs as "${uid}", whose store it is, though root started it`,
  );
  // What root lost with its name, the service still has.
  await vi.waitFor(() => expect(existsSync(target)).toBe(true), { timeout: 30_000, interval: 200 });
  const trail = asRoot(at, 'show', 'audit').text;
  expect(trail).toMatch(/ root .*cert import/);
  expect(asRoot(at, 'agent', 'stop')).toMatchObject({ status: 0 });
  await once(second, 'exit');
  expect(owners(at)).toStrictEqual(new Set([uid]));
});

it('gives files to the same owners whoever delivers them in the directory of the service', async (context) => {
  requireFeature(context, 'mounts');
  const at = place(true);
  const leaf = join(at.private, 'leaf.pem');
  expect(asRoot(at, 'cert', 'import', 'cert-name', 'vendor', 'file', leaf).status).toBe(0);
  const deploy = ['cert', 'deploy', 'cert-name', 'vendor', 'owner', 'daemon', 'to'];
  const byRoot = join(at.private, 'web.pem');
  expect(asRoot(at, ...deploy, 'web', 'cert', byRoot)).toMatchObject({ status: 0 });
  expect(whose(byRoot)).toMatchObject({ user: 1, mode: 0o644 });
  expect(owners(at)).toStrictEqual(new Set([uid]));

  const first = await startAgent(at);
  const byAgent = join(at.private, 'api.pem');
  // By a way on which root keeps no power: the agent delivers it.
  const powerless = { ...at, isService: false };
  expect(asRoot(powerless, ...deploy, 'api', 'cert', byAgent)).toMatchObject({ status: 10 });
  await vi.waitFor(() => expect(existsSync(byAgent)).toBe(true), {
    timeout: 45_000,
    interval: 200,
  });
  expect(whose(byAgent)).toStrictEqual(whose(byRoot));
  first.kill('SIGKILL');
  await once(first, 'exit');

  const exported = join(at.private, 'exported.pem');
  expect(asRoot(at, 'cert', 'export', 'vendor', 'to', exported)).toMatchObject({ status: 0 });
  expect(whose(exported).user).toBe(uid);
  const second = await startAgent(at);
  expect(asRoot(at, ...deploy, 'more', 'cert', join(at.private, 'more.pem')).status).toBe(0);
  expect(whose(join(at.private, 'more.pem'))).toStrictEqual(whose(byRoot));
  expect(asRoot(at, 'show', 'audit').text).toMatch(/ root .*cert deploy/);
  expect(asRoot(at, 'agent', 'stop')).toMatchObject({ status: 0 });
  await once(second, 'exit');
  expect(owners(at)).toStrictEqual(new Set([uid]));
});

it('runs hooks and notification programs as the user of the service, with none of its capabilities', (context) => {
  requireFeature(context, 'mounts');
  const at = place(true);
  asRoot(at, 'cert', 'import', 'cert-name', 'vendor', 'file', join(at.private, 'leaf.pem'));
  const tell = ['/bin/sh', '-c', 'id; grep -E "^(Cap|NoNewPrivs)" /proc/self/status; exit 7'];
  expect(asRoot(at, 'cert', 'hook', 'cert-name', 'vendor', '--', ...tell).status).toBe(0);
  expect(asRoot(at, 'notify', 'command', 'told', '--', ...tell).status).toBe(0);
  for (const tried of [
    ['hook', 'test', 'vendor'],
    ['notify', 'test', 'told'],
  ]) {
    const { text } = asRoot(at, ...tried);
    expect(text).toContain(`uid=${uid}`);
    expect(text).not.toContain('(root)');
    for (const set of ['Prm', 'Eff', 'Amb'])
      expect(text).toMatch(new RegExp(`Cap${set}:\\S*\\s*0{16}\\b`));
    expect(text).toMatch(/NoNewPrivs:\S*\s*1\b/);
  }
});

it('leaves root root in a directory of its own', () => {
  const at = place();
  chownSync(at.state, 0, 0);
  const ca = ['ca', 'add', 'lab', 'url', 'http://127.0.0.1:9/', 'root', join(at.private, 'ca.pem')];
  expect(
    asRoot(at, ...ca, 'reference', 'gw', 'secret', `file:${join(at.private, 'psk')}`).status,
  ).toBe(0);
  expect(owners(at)).toStrictEqual(new Set([0]));
});

it('runs a hook as the user that it is set for, in none of the groups of root', () => {
  const at = place();
  chownSync(at.state, 0, 0);
  asRoot(at, 'cert', 'import', 'cert-name', 'vendor', 'file', join(at.private, 'leaf.pem'));
  const hook = ['cert', 'hook', 'cert-name', 'vendor', 'user', String(uid)];
  expect(asRoot(at, ...hook, '--', '/usr/bin/id')).toMatchObject({ status: 0 });
  const { status, text } = asRoot(at, 'hook', 'test', 'vendor');
  expect({ status, said: text }).toMatchObject({ status: 0 });
  expect(text).toContain(`uid=${uid} gid=65534`);
  expect(text).not.toContain('0(root)');
  // As another user it is not possible, and that is said when it is set.
  chownSync(at.state, uid, uid);
  for (const file of readdirSync(at.state)) chownSync(join(at.state, file), uid, uid);
  const warned = asRoot(
    at,
    'cert',
    'hook',
    'cert-name',
    'vendor',
    'user',
    'nobody',
    '--',
    '/usr/bin/id',
  );
  expect(warned.text).toContain('only root becomes "nobody"');
  expect(asRoot(at, 'hook', 'test', 'vendor')).toMatchObject({ status: 10 });
  const unknown = asRoot(
    at,
    'cert',
    'hook',
    'cert-name',
    'vendor',
    'user',
    'nobody-x',
    '--',
    '/usr/bin/id',
  );
  expect(unknown).toMatchObject({ status: 3 });
});
