import { spawn, type ChildProcess } from 'node:child_process';
import { opensslEnv, type OpensslPki } from './pki.ts';

/** A running `openssl cmp -port`. One serves one case: 3.0 remembers polls and crashes in mixed company. */
export interface MockServer {
  readonly url: string;
  /** All that it printed so far: what it received, checked and sent, as it sees it. */
  log(): string;
  /** The bodies it received, in order, as it names them: IR, CERTCONF, POLLREQ … */
  received(): readonly string[];
  stop(): Promise<void>;
}

/** The secret, and the reference value under which clients know it. */
export const secret = 's3cret-of-a-machine-s3cret-of-a-machine';
export const reference = 'device-0001';

const ACCEPT = /ACCEPT \S*:(\d+) PID=/;

/** How long OpenSSL may take from its start to accepting connections. */
const START_MS = 10_000;

/**
 * Start OpenSSL's CMP server on a free port; it hands out `ee.crt` unless options say otherwise.
 */
export async function startMockServer(
  pki: OpensslPki,
  options: readonly string[] = [],
): Promise<MockServer> {
  const usual =
    `cmp -port 0 -verbosity 8 -srv_ref server -srv_secret pass:${secret} -srv_cert srv.crt ` +
    '-srv_key srv.key -srv_trusted ca.crt -rsp_extracerts ca.crt -no_check_time';
  const what = options.includes('-rsp_cert') ? [] : ['-rsp_cert', 'ee.crt'];
  const child = spawn('openssl', [...usual.split(' '), '-config', '', ...what, ...options], {
    cwd: pki.directory,
    env: opensslEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const ended = Promise.withResolvers<void>();
  child.on('close', () => ended.resolve());
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`openssl cmp is slow: ${text}`)), START_MS);
    const look = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const found = ACCEPT.exec(text)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`openssl cmp did not start: ${text}`));
    });
  });
  return {
    url: `http://127.0.0.1:${port}/pkix/`,
    log: () => text,
    received: () => [...text.matchAll(/CMP DEBUG: received (\w+)/g)].map(([, body = '']) => body),
    async stop() {
      if (!hasEnded(child)) child.kill('SIGKILL');
      await ended.promise;
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
