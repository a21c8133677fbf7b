/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** Write what is no text. */
  writeOctets(octets: Uint8Array): void;
  readonly isTTY: boolean;
  /** Width of the terminal; 80 when there is none. */
  readonly columns: number;
}

/** Where an operator's answers come from. */
export interface Input {
  readonly isTTY: boolean;
  /** Read to the end of the stream, or a little more than so many octets. */
  readAll(limit: number): Promise<Uint8Array>;
  /** Read one line, without its end, and without echo on the terminal when `echo` is false. */
  readLine(options: { readonly echo: boolean }): Promise<string>;
  /** Read line by line as they come, without their ends. */
  lines(): AsyncIterable<string>;
}

/** The outside of one run of the command line, so that a test can be that outside. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The words came in by `stdin`, and are in no list of processes for others to read. */
  readonly isTyped?: true;
  /**
   * Take over Ctrl-C and SIGTERM: the signal returned is aborted instead of the process being ended. A
   * command that never asks keeps the usual behaviour.
   */
  abortSignal(): AbortSignal;
  /** Take over SIGHUP, where there is such a thing: it is called instead of the process being ended. */
  onHangup?(listener: () => void): void;
}

/** The operator took a command back instead of answering it (Ctrl-C in the shell): there is nothing to be told. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
