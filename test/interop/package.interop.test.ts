import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { bootDebian, unpackDebian } from './debian-machine.ts';
import { inRoot, makeRoot } from './package-root.ts';

const project = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'certkeeper-packaged-'));
const name = `certkeeper-${versionOf(project)}-linux-${process.arch}`;
const tarball = join(directory, 'one', `${name}.tar.gz`);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function versionOf(folder: string): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  return version;
}

function pemOf({ certificate }: Issued): string {
  return encodePem('CERTIFICATE', certificateDer(certificate));
}

function pack(out: string, ...more: readonly string[]): string {
  const script = join(project, 'scripts/package.ts');
  const args = [script, '--fast', '--out', join(directory, out), ...more];
  // The time of the last commit stands still, but for whoever commits meanwhile.
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1800000000' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(status, stderr).toBe(0);
  return /^SHA-256 (\w{64})$/m.exec(stdout)?.[1] ?? stdout;
}

/** What root has at home, by file. */
function materials(): ReadonlyMap<string, string> {
  const notAfter = new Date('2049-12-31T00:00:00Z');
  const ca = issue({ subject: 'CN=Root', isCa: true, notAfter });
  const leaf = issue({ subject: 'CN=vendor', issuer: ca, notAfter });
  return new Map([
    ['ca.pem', pemOf(ca)],
    ['leaf.pem', pemOf(leaf)],
    ['psk', 's3cret'],
  ]);
}

/** Make a version of the future of an unpacked package. */
function makeNext(unpacked: string): void {
  const manifest = readFileSync(join(unpacked, 'package.json'), 'utf8');
  writeFileSync(
    join(unpacked, 'package.json'),
    manifest.replace(/"version": "[^"]+"/, '"version": "99.0.0"'),
  );
  writeFileSync(join(unpacked, 'BUILD'), '99.0.0-0123456789ab\n');
}

/** Be somebody in a group, and in no other. */
function daemonIn(group: string): string {
  return `setpriv --reuid daemon --regid ${group} --clear-groups`;
}

let sum = '';
beforeAll(() => {
  sum = pack('one', ...(process.env['CERTKEEPER_BUILT'] === undefined ? [] : ['--no-build']));
}, 120_000);

beforeEach((context) => {
  requirePeer(context, 'util-linux');
});

describe('npm run package', () => {
  it('gives the same octets for the same sources', () => {
    expect(pack('two', '--no-build')).toBe(sum);
    expect(readFileSync(`${tarball}.sha256`, 'utf8')).toBe(`${sum}  ${name}.tar.gz\n`);
  }, 120_000);

  it('names no owner, sorts names, and lets nobody else write', () => {
    const { stdout } = spawnSync('tar', ['-tvf', tarball, '--numeric-owner'], { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line) => !/^[d-]rw[x-]r-[x-]r-[x-] 0\/0 /.test(line))).toStrictEqual([]);
    for (const part of ['/LICENSES', '/node/LICENSE', '/systemd/certkeeper.service'])
      expect(stdout).toContain(`${name}${part}\n`);
    expect(stdout).not.toMatch(/\.d\.ts$|typescript|vitest/m);
  });
});

describe('an empty root of a file system', () => {
  const root = join(directory, 'root');
  const unit = join(root, 'usr/local/lib/systemd/system/certkeeper.service');

  /** @returns what it said, having ended well */
  function done(script: string): string {
    const { status, text } = inRoot(root, script);
    expect(status, `${script}\n${text}`).toBe(0);
    return text;
  }

  const strangers = () => done('find /var/lib/certkeeper ! -user certkeeper');

  it('gets certkeeper, keeps what is stored through an upgrade, and keeps it when certkeeper goes', (context) => {
    requireFeature(context, 'accounts');
    requireFeature(context, 'mounts');
    makeRoot(root);
    // All it says of a system that is run by systemd.
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
    const systemctl = '#!/bin/sh\necho "$*" >>/root/systemctl.log\n[ "$2" != is-active ]\n';
    writeFileSync(join(root, 'usr/bin/systemctl'), systemctl, { mode: 0o755 });
    for (const [file, text] of materials())
      writeFileSync(join(root, 'root', file), text, { mode: 0o600 });
    spawnSync('tar', ['-C', join(root, 'tmp'), '--no-same-owner', '-xf', tarball]);

    const installed = done(`/tmp/${name}/install.sh`);
    expect(installed).toContain('user certkeeper is made');
    expect(installed).toContain('systemctl enable --now certkeeper');
    expect(readFileSync(unit, 'utf8')).toContain('/opt/certkeeper/bin/certkeeper agent run');
    const listing = () =>
      done('find /opt/certkeeper /usr/local | grep -v node_modules').split('\n').toSorted();
    const first = listing();
    expect(done(`/tmp/${name}/install.sh`)).not.toContain('is made');
    expect(listing()).toStrictEqual(first);
    expect(readFileSync(join(root, 'root/systemctl.log'), 'utf8')).not.toMatch(/start|enable/);

    expect(done('certkeeper --version')).toBe(`certkeeper ${versionOf(project)}\n`);
    done(
      'certkeeper ca add lab url http://127.0.0.1:9/ root /root/ca.pem secret file:/root/psk reference gw',
    );
    done('certkeeper cert import cert-name vendor file /root/leaf.pem');
    expect(done('certkeeper show cert vendor')).toContain('CN=vendor');
    expect(done('certkeeper cert export vendor')).toContain('BEGIN CERTIFICATE');
    expect(done('certkeeper show audit')).toMatch(/ root .*cert import/);
    expect(strangers()).toBe('');
    const load =
      'Promise.all(Object.keys(require("./package.json").dependencies).map((each) => import(each)))';
    done(`cd /opt/certkeeper/current && node/bin/node -e '${load}'`);

    // A store of former times, and a version of the future.
    rmSync(join(root, 'var/lib/certkeeper'), { recursive: true });
    cpSync(join(project, 'test/vectors/stores/schema-4'), join(root, 'var/lib/certkeeper'), {
      recursive: true,
    });
    done('chmod 700 /var/lib/certkeeper; chmod 600 /var/lib/certkeeper/*');
    expect(done(`/tmp/${name}/install.sh`)).toContain('chown -R certkeeper:certkeeper');
    done('chown -R certkeeper:certkeeper /var/lib/certkeeper');
    makeNext(join(root, 'tmp', name));
    expect(done(`/tmp/${name}/install.sh`)).toContain('certkeeper 99.0.0 is installed');
    expect(readdirSync(join(root, 'opt/certkeeper/versions'))).toHaveLength(2);
    expect(done('certkeeper --version')).toBe('certkeeper 99.0.0\n');
    expect(done('certkeeper show cert gw1')).toContain('CN=gw1');
    expect(strangers()).toBe('');

    expect(done('/opt/certkeeper/current/uninstall.sh')).toContain('/var/lib/certkeeper');
    expect(existsSync(join(root, 'opt/certkeeper'))).toBe(false);
    expect(existsSync(unit)).toBe(false);
    expect(done('find /usr/local ! -type d')).toBe('');
    expect(readdirSync(join(root, 'var/lib/certkeeper'))).toContain('store.db');
    expect(readdirSync(join(root, 'var/lib/certkeeper'))).toContain('store.key');
  }, 120_000);
});

describe('a Debian with nothing in it', () => {
  it('runs certkeeper as its service, upgraded in its place, asked by root and a group, and gone without the state', async (context) => {
    requireFeature(context, 'debian-root');
    requireFeature(context, 'containers');
    requirePeer(context, 'systemd-container');
    const root = join(directory, 'debian');
    unpackDebian(root);
    for (const [file, text] of materials())
      writeFileSync(join(root, 'root', file), text, { mode: 0o600 });
    spawnSync('tar', ['-C', join(root, 'root'), '--no-same-owner', '-xf', tarball]);
    const machine = await bootDebian(root);
    onTestFinished(() => machine.stop());
    const done = (script: string): string => {
      const { status, text } = machine.run(script);
      expect(status, `${script}\n${text}`).toBe(0);
      return text;
    };
    const pid = () => done('systemctl show -P MainPID certkeeper').trim();

    expect(done(`/root/${name}/install.sh`)).toContain('systemctl enable --now certkeeper');
    // What certificates go to is named in a drop-in; so is who may ask.
    done(`mkdir -p /etc/tls /etc/systemd/system/certkeeper.service.d
      printf '[Service]\\nReadWritePaths=/etc/tls\\nRestartSec=100ms\\n' >/etc/systemd/system/certkeeper.service.d/here.conf
      echo CERTKEEPER_AGENT_OPTIONS=group adm >/etc/default/certkeeper
      systemctl daemon-reload; systemctl enable --now certkeeper`);
    expect(done('systemctl is-active certkeeper')).toBe('active\n');
    expect(done(`grep -E '^(Uid|CapEff|NoNewPrivs)' /proc/${pid()}/status`)).toMatch(
      /^Uid:\s+([1-9]\d*)\s.*\nCapEff:\s+0+b\nNoNewPrivs:\s+1\n$/,
    );

    done(
      'certkeeper ca add lab url http://127.0.0.1:9/ root /root/ca.pem secret file:/root/psk reference gw',
    );
    done('certkeeper cert import cert-name vendor file /root/leaf.pem');
    done('certkeeper cert deploy cert-name vendor owner daemon to web cert /etc/tls/web.pem');
    expect(done('stat -c "%U %a" /etc/tls/web.pem')).toBe('daemon 644\n');
    expect(done('certkeeper agent status')).toMatch(/^runs +\d/m);
    expect(done('find /var/lib/certkeeper ! -user certkeeper')).toBe('');
    expect(done('systemctl reload certkeeper')).toBe('');

    const ask = 'certkeeper agent status socket /run/certkeeper/agent.sock';
    expect(done(`${daemonIn('adm')} ${ask}`)).toMatch(/^runs +\d/m);
    const stranger = machine.run(`${daemonIn('daemon')} ${ask}`);
    expect(stranger.status).toBe(3);
    expect(stranger.text).toContain('member of the group');

    const killed = pid();
    done(`kill -9 ${killed}`);
    await vi.waitFor(
      () => {
        expect(machine.run('systemctl is-active certkeeper').text).toBe('active\n');
        expect(pid()).not.toBe(killed);
      },
      { timeout: 30_000, interval: 100 },
    );

    // The store of a former version, and then a version of the future.
    done('systemctl stop certkeeper; rm -r /var/lib/certkeeper/*');
    cpSync(join(project, 'test/vectors/stores/schema-5'), join(root, 'var/lib/certkeeper'), {
      recursive: true,
    });
    done('chown -R certkeeper: /var/lib/certkeeper; chmod 600 /var/lib/certkeeper/*');
    done('systemctl start certkeeper');
    expect(done('certkeeper show cert gw1')).toContain('CN=gw1');
    makeNext(join(root, 'root', name));
    expect(done(`/root/${name}/install.sh`)).toContain('systemctl restart certkeeper');
    done('systemctl restart certkeeper');
    expect(done(`readlink /proc/${pid()}/exe`)).toContain('/opt/certkeeper/versions/99.0.0-');
    expect(done('certkeeper show cert gw1')).toContain('CN=gw1');

    expect(done('/opt/certkeeper/current/uninstall.sh')).toContain('/var/lib/certkeeper');
    expect(machine.run('systemctl is-active certkeeper').text).toBe('inactive\n');
    expect(done('ls /var/lib/certkeeper')).toContain('store.db');
    expect(existsSync(join(root, 'opt/certkeeper'))).toBe(false);
  }, 120_000);
});
