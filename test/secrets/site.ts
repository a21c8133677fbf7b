import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import type { ExitCode } from '../../src/base/errors.ts';
import { createLab, type Lab } from '../../src/ca/lab.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { run } from '../../src/cli/run.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { fakeIo, type FakeIoOptions } from '../cli/fake-io.ts';
import type { Haystack, Secret } from './scan.ts';

/** Where a whole run takes place. */
export interface Site {
  /** What a CA and its operators hand out: files that are not ours, and hold secrets. */
  readonly given: string;
  /** Everything that is made in the run: state directory, temporary files, deployed and exported files. */
  readonly made: string;
  readonly state: string;
  /** What commands printed. */
  readonly printed: Haystack[];
  /** The secrets of the run. */
  readonly secrets: Secret[];
  /** Every private key of the store, by name, and the keys of the store itself. */
  readonly keys: Map<string, Secret>;
  /** Names of files that were ever made in the directory for temporary files. */
  readonly temporary: ReadonlySet<string>;
  /** For `env:`. */
  readonly env: Record<string, string>;
  /** Make a secret, put it in a file of what is given, and in the environment. */
  secret(name: string): string;
  /** Run a command line as an operator types it; blanks between its words, `¶` for a blank within one. */
  cli(line: string, options?: FakeIoOptions): Promise<ExitCode>;
  /** Open the store, beside all the commands. */
  open(): Promise<Store>;
}

/** Make a site of its own, with its own directory for temporary files; it is gone after the test. */
export function makeSite(): Site {
  const base = mkdtempSync(join(tmpdir(), 'certkeeper-secrets-'));
  const [given, made] = [join(base, 'given'), join(base, 'made')];
  const [state, temporaryDirectory] = [join(made, 'state'), join(made, 'tmp')];
  for (const path of [given, made, temporaryDirectory, join(made, 'out')]) {
    mkdirSync(path, { mode: 0o700 });
  }
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporaryDirectory;
  const temporary = new Set<string>();
  const watcher = watch(temporaryDirectory, (_, name) => temporary.add(name ?? '?'));
  onTestFinished(() => {
    watcher.close();
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(base, { recursive: true, force: true });
  });
  const printed: Haystack[] = [];
  const secrets: Secret[] = [];
  const env: Record<string, string> = { CERTKEEPER_STATE: state };
  return {
    given,
    made,
    state,
    printed,
    secrets,
    keys: new Map(),
    temporary,
    env,
    secret(name) {
      const text = randomBytes(32)
        .toString('base64')
        .replaceAll(/[^A-Za-z0-9]/g, '')
        .slice(0, 20);
      secrets.push({ name, octets: Buffer.from(text) });
      writeFileSync(join(given, name), `${text}\n`, { mode: 0o600 });
      env[name.toUpperCase().replaceAll('-', '_')] = text;
      return text;
    },
    async cli(line, options) {
      const io = fakeIo({ ...options, env });
      const words = line.split(' ').map((word) => word.replaceAll('¶', ' '));
      const code = await run(words, io);
      printed.push({ place: `output of ${line}`, octets: Buffer.from(io.out() + io.err()) });
      return code;
    },
    open: () => openStore({ directory: state, clock: systemClock, random: systemRandom }),
  };
}

/** A CA that runs for one test, in what is given: its own keys are in clear by design. */
export async function runLab(
  site: Site,
  name: string,
  secrets: Readonly<Record<string, string>>,
  settings: Partial<LabSettings> = {},
): Promise<{ readonly lab: Lab; readonly url: string; readonly root: string }> {
  const lab = await createLab({
    directory: join(site.given, name),
    clock: systemClock,
    random: systemRandom,
    settings: { keyType: 'p-256', checkAfterSeconds: 1, ...settings },
    secrets: new Map(Object.entries(secrets).map(([key, text]) => [key, Buffer.from(text)])),
  });
  const listening = await lab.listen(0, '127.0.0.1');
  onTestFinished(async () => {
    await listening.close();
    await lab.close();
  });
  const root = join(site.given, `${name}.pem`);
  writeFileSync(root, encodePem('CERTIFICATE', certificateDer(lab.authorities.root.certificate)));
  return { lab, url: listening.url, root };
}

/** An HTTP proxy that wants a password. */
export async function runProxy(password: string): Promise<string> {
  const wanted = `Basic ${Buffer.from(`us:${password}`).toString('base64')}`;
  const server: Server = createServer((asked, answer) => {
    if (asked.headers['proxy-authorization'] !== wanted) {
      answer.writeHead(407).end(`not with ${asked.headers['proxy-authorization'] ?? 'nothing'}`);
      return;
    }
    const { method, headers } = asked;
    const onward = request(asked.url ?? '', { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 500, got.headers);
      got.pipe(answer);
    });
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${addressOf(server).port}`;
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return address;
}
