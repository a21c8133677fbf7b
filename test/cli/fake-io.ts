import { asBuffer } from '../../src/base/bytes.ts';
import type { Io, Output } from '../../src/cli/io.ts';

/** What a test gives to the command line and reads back from it. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly abort: () => void;
}

/** Options of `fakeIo`: everything is off a terminal, with an empty environment, unless it is said. */
export interface FakeIoOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  /** What standard input holds; its lines are the answers. */
  readonly input?: string;
}

/** Make an outside for one run of the command line. */
export function fakeIo(options: FakeIoOptions = {}): FakeIo {
  const isTTY = options.isTTY === true;
  const controller = new AbortController();
  const answers = (options.input ?? '').split('\n');
  let out = '';
  let err = '';
  const output = (write: (text: string) => void): Output => ({
    write,
    // An octet a character, so that nothing of them is lost.
    writeOctets: (octets) => write(asBuffer(octets).toString('latin1')),
    isTTY,
    columns: 80,
  });
  return {
    stdout: output((text) => {
      out += text;
    }),
    stderr: output((text) => {
      err += text;
    }),
    stdin: {
      isTTY,
      readAll: async () => new TextEncoder().encode(options.input ?? ''),
      readLine: async () => answers.shift() ?? '',
      async *lines() {
        yield* answers.splice(0);
      },
    },
    env: options.env ?? {},
    abortSignal: () => controller.signal,
    out: () => out,
    err: () => err,
    abort: () => controller.abort(),
  };
}
