import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { run } from '../../src/cli/run.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { openScene, type Scene } from '../kill/scene.ts';
import { opensslEnv } from './openssl/pki.ts';
import { startDaemon, type Daemon } from './proxies/daemon.ts';

const root = join(import.meta.dirname, '../..');

/** Have what is run as a process of its own, once for a file of tests. */
export function buildOnce(): void {
  if (process.env['CERTKEEPER_BUILT'] === undefined) {
    execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  }
}

/** A lab with its responder, and an agent that is to answer on a port. */
export interface ResponderScene {
  readonly lab: Scene['lab'];
  /** State directory of the agent. */
  readonly state: string;
  /** Where servers find files; others than root may read there. */
  readonly directory: string;
  readonly port: number;
  /** Where the agent answers. */
  readonly url: string;
  /** Run a command line on the store of the agent. @returns what it printed */
  done(typed: string): Promise<string>;
  startAgent(): Promise<Daemon>;
  /** Issue a certificate to somebody else. @returns where it is, as PEM, and its serial number */
  issue(name: string): Promise<Issued>;
  /** That of the agent. */
  own(): Promise<Issued>;
  /** What `openssl ocsp` says that the agent says. */
  asked(argv: readonly string[]): Promise<string>;
}

/** A certificate of the lab. */
export interface Issued {
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly path: string;
}

/** Set it up: `root.pem` and `issuing.pem` are in the directory, and `gw1` is a certificate of the agent. */
export async function openResponderScene(more = ''): Promise<ResponderScene> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-responder-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const scene = await openScene({ implicitConfirm: true, ocsp: true });
  const { lab } = scene;
  for (const which of ['root', 'issuing'] as const) {
    const pem = encodePem('CERTIFICATE', certificateDer(lab.authorities[which].certificate));
    writeFileSync(join(directory, `${which}.pem`), pem);
  }
  const client = await scene.client('gw1');
  const state = dirname(client.certs);
  const done = commandOf(state);
  const port = await unusedPort();
  await done(`staple responder listen 127.0.0.1:${port}${more}`);
  await done('cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1 san dns:gw1.test');
  return {
    lab,
    state,
    directory,
    port,
    url: `http://127.0.0.1:${port}/`,
    done,
    async startAgent() {
      const argv = [join(root, 'dist/cli/main.js'), 'agent', 'run', '--state', state];
      const daemon = await startDaemon(process.execPath, argv, /The agent runs/, root);
      onTestFinished(() => daemon.stop());
      return daemon;
    },
    async issue(name) {
      const other = await scene.client(name);
      await commandOf(dirname(other.certs))(
        `cmp initialize key-type p-256 cert-name ${name} subject-name CN=${name}`,
      );
      const record = await other.withStore((store) => store.certificates.current(name));
      return written(directory, name, record?.der);
    },
    async own() {
      const record = await client.withStore((store) => store.certificates.current('gw1'));
      return written(directory, 'gw1', record?.der);
    },
    asked: (argv) => askedByOpenssl(directory, [...argv, '-url', `http://127.0.0.1:${port}/`]),
  };
}

function commandOf(stateDirectory: string): (typed: string) => Promise<string> {
  return async (typed) => {
    const io = fakeIo();
    const argv = [...typed.split(' '), '--state', stateDirectory];
    const code = await run(argv, io, (_globals, _io, log) => compose({ stateDirectory, log }));
    if (code !== 0) throw new Error(`"${typed}" ended with ${code}: ${io.err()}`);
    return io.out();
  };
}

function written(directory: string, name: string, der: Uint8Array | undefined): Issued {
  if (der === undefined) throw new Error(`there is no certificate "${name}"`);
  const path = join(directory, `${name}.crt`);
  writeFileSync(path, encodePem('CERTIFICATE', der));
  return { path, serial: new X509Certificate(der).serialNumber };
}

/** It asks by POST; for GET, its request is sent by curl. */
function askedByOpenssl(directory: string, argv: readonly string[]): Promise<string> {
  const words = ['ocsp', '-issuer', join(directory, 'issuing.pem'), ...argv];
  words.push('-CAfile', join(directory, 'root.pem'));
  words.push('-verify_other', join(directory, 'issuing.pem'), '-timeout', '20');
  return new Promise((resolve) => {
    execFile('openssl', words, { timeout: 30_000, env: opensslEnv() }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
