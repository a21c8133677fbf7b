import { exitCodeOf } from '../base/errors.ts';
import type { Input, Io, Output } from './io.ts';

/** Make the outside of a real process. */
export function createProcessIo(): Io {
  let controller: AbortController | undefined;
  return {
    stdout: createOutput(() => process.stdout, tellLost),
    stderr: createOutput(() => process.stderr),
    stdin: processInput,
    env: process.env,
    abortSignal() {
      controller ??= takeOverSignals();
      return controller.signal;
    },
    onHangup(listener) {
      process.on('SIGHUP', listener);
    },
  };
}

/**
 * The stream is made when it is first needed: it costs more than all of our own code.
 *
 * @param onLost told once when something could not be written
 */
function createOutput(
  get: () => NodeJS.WriteStream,
  onLost?: (error: NodeJS.ErrnoException) => void,
): Output {
  let opened: NodeJS.WriteStream | undefined;
  let isOpen = true;
  const stream = (): NodeJS.WriteStream => {
    if (opened !== undefined) return opened;
    opened = get();
    // A reader that went away (`| head`) must not end a transaction in the middle: what is left to say
    // is dropped, and the command goes on to its own exit code.
    opened.on('error', (error: NodeJS.ErrnoException) => {
      const isFirst = isOpen;
      isOpen = false;
      if (isFirst && error.code !== 'EPIPE') onLost?.(error);
    });
    return opened;
  };
  return {
    write(text) {
      if (isOpen) stream().write(text);
    },
    writeOctets(octets) {
      if (isOpen) stream().write(octets);
    },
    get isTTY() {
      return stream().isTTY;
    },
    get columns() {
      return stream().columns ?? 80;
    },
  };
}

/** Say that the answer of a command is lost; an exit code that says more is kept. */
function tellLost(error: NodeJS.ErrnoException): void {
  process.exitCode ||= exitCodeOf.FILE_UNWRITABLE;
  const why = error.code === 'ENOSPC' ? 'no space left on the device' : error.message;
  process.stderr.write(
    `error: Cannot write to standard output: ${why}\n` +
      'hint: What the command did stands; see it with certkeeper show\ncode: FILE_UNWRITABLE\n',
  );
}

/** A second Ctrl-C ends the process whatever it is doing. */
function takeOverSignals(): AbortController {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller;
}

const processInput: Input = {
  get isTTY() {
    return process.stdin.isTTY;
  },
  async readAll(limit) {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of process.stdin) {
      const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      chunks.push(octets);
      length += octets.length;
      if (length > limit) break;
    }
    return Buffer.concat(chunks);
  },
  async readLine({ echo }) {
    // At once: what is typed before the line editor is loaded would be echoed.
    if (!echo && process.stdin.isTTY) process.stdin.setRawMode(true);
    const { createInterface } = await import('node:readline');
    const lines = createInterface({
      input: process.stdin,
      ...(echo ? { output: process.stderr } : {}),
      terminal: process.stdin.isTTY,
      historySize: 0,
    });
    try {
      return await new Promise<string>((resolve, reject) => {
        lines.once('line', resolve);
        lines.once('SIGINT', () => {
          process.stderr.write('\n');
          process.exit(130);
        });
        lines.once('close', () => reject(new Error('end of input')));
      });
    } finally {
      lines.close();
    }
  },
  async *lines() {
    const { splitLines } = await import('./input-lines.ts');
    yield* splitLines(process.stdin);
  },
};
