import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { startDaemon } from './proxies/daemon.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'src/cli/main.ts');
const unit = join(root, 'packaging/systemd/certkeeper.service');

/** What `docs/operations.md` says; less is better. */
const mostExposure = 2.4;

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-systemd-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

beforeEach((context) => {
  requirePeer(context, 'systemd');
  requirePeer(context, 'python3');
});

/** With a program that is there: ours is not installed. */
function installed(): string {
  const path = join(folder(), 'certkeeper.service');
  const text = readFileSync(unit, 'utf8');
  writeFileSync(path, text.replaceAll('/opt/certkeeper/bin/certkeeper', '/bin/true'));
  return path;
}

function analyze(...args: readonly string[]) {
  return spawnSync('systemd-analyze', ['--no-pager', ...args], { encoding: 'utf8' });
}

function until(look: () => void): Promise<void> {
  return vi.waitFor(look, { timeout: 20_000, interval: 50 });
}

describe('the unit', () => {
  it('is one that systemd has nothing to say about', () => {
    const { status, stdout, stderr } = analyze('verify', '--man=no', installed());
    expect({ status, said: stdout + stderr }).toStrictEqual({ status: 0, said: '' });
  });

  it('leaves the agent little that it does not need', () => {
    const { stdout } = analyze('security', '--offline=true', installed());
    const [, level = '10'] = /exposure level for certkeeper\.service: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(level), stdout).toBeLessThanOrEqual(mostExposure);
    expect(readFileSync(join(root, 'docs/operations.md'), 'utf8')).toContain(`**${level}**`);
  });

  it('gives three capabilities, and does not keep Node from its machine code', () => {
    const lines = readFileSync(unit, 'utf8').split('\n');
    const three = 'CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE';
    expect(lines).toEqual(
      expect.arrayContaining([
        `CapabilityBoundingSet=${three}`,
        `AmbientCapabilities=${three}`,
        'User=certkeeper',
        'NotifyAccess=all',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('MemoryDeny'))).toStrictEqual([]);
  });
});

/** A notification socket, as a service manager has one. */
async function listen(path: string): Promise<readonly string[]> {
  const script = join(import.meta.dirname, 'notify-socket.py');
  const child = spawn('python3', [script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(JSON.parse(line)));
  await once(lines, 'line');
  return said;
}

function start(env: Readonly<Record<string, string>>, ...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('agent run, as a service', () => {
  it('says that it is ready, well and ending; is not ended by SIGHUP, and is by SIGTERM', async () => {
    const directory = folder();
    const socket = join(directory, 'notify');
    const said = await listen(socket);
    const state = { CERTKEEPER_STATE: join(directory, 'state') };
    const agent = start(
      { ...state, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' },
      'agent',
      'run',
    );
    let log = '';
    for (const stream of [agent.stdout, agent.stderr])
      stream?.on('data', (octets: Buffer) => (log += octets.toString()));
    const fed = () => said.filter((each) => each === 'WATCHDOG=1').length;

    await until(() =>
      expect(said[1]).toBe(`READY=1\nMAINPID=${agent.pid}\nSTATUS=Renews what is due`),
    );
    await until(() => expect(fed()).toBeGreaterThan(1));
    agent.kill('SIGHUP');
    await until(() => expect(log).toContain('everything is looked at again'));
    const reload = start(state, 'agent', 'reload');
    expect(await once(reload, 'exit')).toStrictEqual([0, null]);
    const before = fed();
    await until(() => expect(fed()).toBeGreaterThan(before));

    agent.kill('SIGTERM');
    expect(await once(agent, 'exit')).toStrictEqual([0, null]);
    expect(said.at(-1)).toBe('STOPPING=1\nSTATUS=Ends what it is doing');
    expect(log).not.toContain('service manager');
    const late = start(state, 'agent', 'reload');
    expect(await once(late, 'exit')).toStrictEqual([3, null]);
  });
});

describe('certkeeper, confined as the unit says', () => {
  const nobody = 65_534;

  it('gets a certificate, gives its files away with three capabilities, and runs its hook with none', async (context) => {
    requireFeature(context, 'accounts');
    requirePeer(context, 'util-linux');
    const directory = folder();
    chmodSync(directory, 0o755);
    const place = (name: string) => join(directory, name);
    writeFileSync(place('psk'), 'correct horse battery staple');
    const words = ['lab', 'port', '0', 'dir', place('lab'), 'secret', `d1:file:${place('psk')}`];
    const lab = await startDaemon(
      process.execPath,
      [main, ...words],
      /(http:\S+)[^]*approval/,
      root,
    );
    onTestFinished(() => lab.stop());
    mkdirSync(place('state'), { mode: 0o700 });
    chownSync(place('state'), nobody, nobody);
    mkdirSync(place('tls'));

    const script = join(import.meta.dirname, 'confined.py');
    const run = (line: string): string => {
      const program = [process.execPath, main, '--state', place('state'), ...line.split(' ')];
      const { status, stdout, stderr } = spawnSync(
        'python3',
        [script, unit, String(nobody), ...program],
        { encoding: 'utf8' },
      );
      expect(status, `${line}: ${stdout}${stderr}`).toBe(0);
      return stdout;
    };
    const secret = `reference d1 secret file:${place('psk')}`;
    run(`ca add L url ${lab.ready[1]} root ${place('lab/root.pem')} ${secret}`);
    const files = `key ${place('tls/gw1.key')} fullchain ${place('tls/gw1.pem')}`;
    run(`cert deploy cert-name gw1 ${files} owner 1234 group 1235 later`);
    run(
      'cert hook cert-name gw1 -- /bin/grep -E ^(CapEff|CapBnd|Seccomp|NoNewPrivs): /proc/self/status',
    );
    run('cmp initialize modulus 2048 cert-name gw1 subject-name CN=gw1 ca-root L');
    for (const [name, mode] of [
      ['gw1.key', 0o600],
      ['gw1.pem', 0o644],
    ] as const) {
      const { uid, gid, mode: found } = statSync(place(`tls/${name}`));
      expect([uid, gid, found & 0o777], name).toStrictEqual([1234, 1235, mode]);
    }
    // CAP_CHOWN, CAP_DAC_OVERRIDE and CAP_FOWNER are the bits 0, 1 and 3.
    const said = run('hook test gw1');
    for (const line of [/CapEff:\S*\s*0{16}\b/, /CapBnd:.*0b\b/, /NoNewPrivs:.*1/, /Seccomp:.*2/])
      expect(said).toMatch(line);
    expect(run('doctor')).toContain('All is well');
  });
});
