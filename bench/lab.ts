import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { reference, secret } from '../test/interop/openssl/mock-server.ts';
import { inProject, type Bench } from './bench.ts';

/** A lab in a process of its own, as the command line starts it. */
export interface RunningLab {
  readonly url: string;
  /** Where `root.pem` and `issuing.pem` are. */
  readonly directory: string;
}

let labs = 0;

/** Do something with a new lab that serves over HTTP and knows `reference` and `secret`. */
export async function withLab<T>(
  { directory }: Bench,
  work: (lab: RunningLab) => Promise<T>,
): Promise<T> {
  const home = join(directory, `lab${labs++}`);
  const words = ['lab', '--json', '--port', '0', '--dir', home, '--secret', `${reference}:env:PSK`];
  const child = spawn(process.execPath, [inProject('dist/cli/main.js'), ...words], {
    env: { ...process.env, PSK: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.endsWith('}\n')) break;
    }
    const { url }: { readonly url: string } = JSON.parse(printed);
    return await work({ url, directory: home });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
