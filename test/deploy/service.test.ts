import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel } from '../../src/base/label.ts';
import { serviceOf, type Service } from '../../src/deploy/service.ts';
import type { Deployment, DeployTarget } from '../../src/store/deployments-contract.ts';

const pems = {
  name: parseLabel('gw1', 'cert-name'),
  keyPem: 'KEY\n',
  chainPem: 'CHAIN\n\n',
  certificatePem: 'CERT\n',
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-service-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

function service(target: DeployTarget): Service {
  const deployment: Deployment = {
    label: parseLabel('web', 'to'),
    files: [{ kind: 'combined', path: '/etc/haproxy/gw1.pem' }],
    target,
  };
  return serviceOf(target, deployment, pems);
}

/** A program that writes down its arguments, and ends with a code. */
function program(name: string, exitCode: number, said = ''): string {
  const path = join(directory, name);
  writeFileSync(
    path,
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${path}.args\necho '${said}'\nexit ${exitCode}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

function args(path: string): readonly string[] {
  return readFileSync(`${path}.args`, 'utf8').trimEnd().split('\n');
}

async function failure(doing: Promise<void>): Promise<string> {
  const error = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertError && error.code === 'DELIVERY_FAILED') return error.message;
  throw new Error(`Not a DELIVERY_FAILED: ${String(error)}`);
}

/** A runtime API that gives these answers, one a connection. */
async function runtime(...answers: readonly string[]): Promise<{ path: string; seen: string[] }> {
  const path = join(directory, 'api');
  const seen: string[] = [];
  const left = [...answers];
  const server: Server = createServer((socket) => {
    socket.setEncoding('utf8').once('data', (text: string) => {
      seen.push(text);
      socket.end(left.shift() ?? '');
    });
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { path, seen };
}

describe('a unit of systemd', () => {
  it('is reloaded by systemctl', async () => {
    const systemctl = program('systemctl', 0);
    const unit = service({ type: 'systemd', unit: 'gw.service', program: systemctl });
    await unit.check();
    await unit.reload();
    expect(args(systemctl)).toEqual(['reload', '--', 'gw.service']);
  });

  it('that cannot be reloaded is told with what systemctl says', async () => {
    const systemctl = program('systemctl', 5, 'Unit gw.service not found.');
    const unit = service({ type: 'systemd', unit: 'gw.service', program: systemctl });
    expect(await failure(unit.reload())).toBe(
      `Cannot reload gw.service: of "${systemctl} reload -- gw.service", it ended with exit code 5: Unit gw.service not found.`,
    );
  });
});

describe('a server that is told by a signal', () => {
  it.each([
    ['nginx', ['-t', '-q', '-c', '/etc/x.conf']],
    ['lighttpd', ['-tt', '-f', '/etc/x.conf']],
    ['proftpd', ['-t', '-q', '-c', '/etc/x.conf']],
    ['apache', ['-t', '-f', '/etc/x.conf']],
  ] as const)('tries its configuration: %s', async (type, expected) => {
    const path = program(type, 0);
    const target = { type, pidFile: '/none', program: path, config: '/etc/x.conf' } as const;
    await service(target).check();
    expect(args(path)).toEqual(expected);
  });

  it('is told what its program says of a configuration it cannot use', async () => {
    const path = program('nginx', 1, 'nginx: [emerg] bad key');
    const target = { type: 'nginx', pidFile: '/none', program: path } as const;
    expect(await failure(service(target).check())).toContain('[emerg] bad key');
  });

  it.each([
    ['there is none', undefined, 'Cannot read pid file'],
    ['no number is in it', 'x\n', 'there is no process number in it'],
    ['it names everybody', '0\n', 'there is no process number in it'],
    ['it names the system', '1\n', 'there is no process number in it'],
    ['it is negative', '-5\n', 'there is no process number in it'],
    ['its process has ended', '4194303\n', 'it does not run'],
    ['its process is another', `${process.pid}\n`, `not nginx`],
  ])('refuses a pid file when %s', async (_, text, message) => {
    const pidFile = join(directory, 'pid');
    if (text !== undefined) writeFileSync(pidFile, text);
    const target = { type: 'nginx', pidFile } as const;
    expect(await failure(service(target).reload())).toContain(message);
  });
});

describe('haproxy', () => {
  it('gets the certificate staged, and then committed', async () => {
    const { path, seen } = await runtime(
      'Transaction created for certificate x!\n\n',
      'Committing x\nSuccess!\n\n',
    );
    const balancer = service({ type: 'haproxy', socket: path, entry: 'gw1.pem' });
    await balancer.check();
    await balancer.reload();
    expect(seen).toEqual([
      'set ssl cert gw1.pem <<\nCERT\nCHAIN\nKEY\n\n',
      'commit ssl cert gw1.pem\n',
    ]);
  });

  it('is named by its file when nothing else is said', async () => {
    const { path, seen } = await runtime('Transaction updated for certificate x!\n');
    await service({ type: 'haproxy', socket: path }).check();
    expect(seen[0]).toMatch(/^set ssl cert \/etc\/haproxy\/gw1\.pem <<\n/);
  });

  it('that refuses is asked to forget it, and quoted without the key', async () => {
    const { path, seen } = await runtime("Can't replace a certificate which is not referenced!\n");
    const message = await failure(service({ type: 'haproxy', socket: path, entry: 'x' }).check());
    expect(message).toContain('it says "Can\'t replace a certificate which is not referenced!"');
    expect(message).not.toContain('KEY');
    expect(seen[1]).toBe('abort ssl cert x\n');
  });

  it('that fails to commit is asked to forget it', async () => {
    const { path, seen } = await runtime('Committing x\nError!\n');
    const balancer = service({ type: 'haproxy', socket: path, entry: 'x' });
    expect(await failure(balancer.reload())).toContain('Error!');
    expect(seen).toEqual(['commit ssl cert x\n', 'abort ssl cert x\n']);
  });

  it('that is not there is named', async () => {
    const balancer = service({ type: 'haproxy', socket: join(directory, 'none'), entry: 'x' });
    expect(await failure(balancer.check())).toContain('Cannot talk to the HAProxy at');
  });
});
