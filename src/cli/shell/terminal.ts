import { createInterface, type Interface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { splitLine } from './words.ts';

/** How the editing of a line ended: with a line, with Ctrl-C, or with Ctrl-D or a lost terminal. */
export type Edited =
  | { readonly type: 'line'; readonly line: string }
  | { readonly type: 'interrupt' }
  | { readonly type: 'end' };

/** What a line is edited with. */
export interface EditOptions {
  readonly prompt: string;
  /** Newest first. */
  readonly history?: readonly string[];
  /** No echo, for a secret. */
  readonly isHidden?: boolean;
  /** Find what may replace the end of the line, and how long that end is. */
  readonly complete?: (line: string) => Promise<readonly [hits: string[], on: string]>;
  /** Write the answer to `?` after this much of the line. */
  readonly explain?: (line: string) => Promise<string>;
}

/** Far more than anybody types ahead or pastes. */
const MAX_PENDING_CHARACTERS = 4_194_304;

/**
 * The operator's terminal. It is raw for the whole session, and every key comes here first: to the line
 * that is being edited; to nobody while a command runs, except Ctrl-C. What was typed or pasted meanwhile
 * waits for the next line, whoever asks for it.
 */
export class Terminal {
  readonly #stdin: ReadStream;
  readonly #stdout: WriteStream;
  readonly #decoder = new TextDecoder();
  #pending = '';
  #hasEnded = false;
  /** Takes keys while a line is edited. */
  #editor: ((keys: string) => void) | undefined;
  #onLost: (() => void) | undefined;
  #onInterrupt: (() => void) | undefined;

  constructor(stdin: ReadStream, stdout: WriteStream) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    stdin.on('data', this.#take);
    stdin.on('end', this.#lose);
    stdin.on('error', this.#lose);
    stdin.setRawMode(true);
    stdin.resume();
  }

  /** Give the terminal back as it was. */
  close(): void {
    const stdin = this.#stdin;
    stdin.off('data', this.#take);
    stdin.off('end', this.#lose);
    stdin.setRawMode(false);
    stdin.pause();
  }

  /** Call this at Ctrl-C while no line is edited; it also throws away what was typed ahead. */
  onInterrupt(listener: (() => void) | undefined): void {
    this.#onInterrupt = listener;
  }

  /** Let the operator edit one line. */
  async edit(options: EditOptions): Promise<Edited> {
    const { prompt, history = [], isHidden = false, complete } = options;
    const keys = new PassThrough();
    const editor = createInterface({
      input: keys,
      ...(isHidden ? {} : { output: this.#stdout }),
      terminal: true,
      prompt,
      history: [...history],
      historySize: isHidden || options.history === undefined ? 0 : 1000,
      removeHistoryDuplicates: true,
      ...(complete === undefined ? {} : { completer: completerOf(complete) }),
    });
    const { promise, resolve, reject } = Promise.withResolvers<Edited>();
    editor.once('line', (line) => resolve({ type: 'line', line }));
    editor.once('close', () => resolve({ type: 'end' }));
    editor.once('SIGINT', () => {
      if (!isHidden) this.#stdout.write('^C\r\n');
      resolve({ type: 'interrupt' });
    });
    editor.on('SIGTSTP', () => this.#suspend(() => editor.prompt(true)));
    // A question without a prompt of its own has been written already; a prompt would write over it.
    if (prompt !== '') editor.prompt();
    this.#onLost = () => resolve({ type: 'end' });
    if (this.#hasEnded) resolve({ type: 'end' });
    this.#feed(keys, editor, options.explain, reject);
    try {
      return await promise;
    } finally {
      this.#editor = undefined;
      this.#onLost = undefined;
      editor.close();
    }
  }

  /** Hand keys to an editor, up to the end of its line; the rest is for the next one. */
  #feed(
    keys: PassThrough,
    editor: Interface,
    explain: EditOptions['explain'],
    fail: (error: unknown) => void,
  ): void {
    let isFull = false;
    let isLiteral = false;
    const take = (text: string): void => {
      if (isFull) {
        this.#keep(text);
        return;
      }
      const line = editor.line.slice(0, editor.cursor);
      // Only a key of its own: in a paste it is part of what is pasted.
      if (text === '?' && !isLiteral && explain !== undefined && !isInQuotes(line)) {
        isFull = true;
        const answered = this.#explain(line, explain).then(() => {
          isFull = false;
          editor.prompt(true);
          take(this.#takePending());
        });
        answered.catch(fail);
        return;
      }
      // Ctrl-C clears the line, and what was typed before it.
      const interrupt = text.lastIndexOf('\u0003') + 1;
      if (interrupt > 0) {
        isFull = true;
        this.#keep(text.slice(interrupt));
        keys.write('\u0003');
        return;
      }
      // Ctrl-V makes the next key plain.
      isLiteral = text === '\u0016';
      if (isLiteral) return;
      const [whole = ''] = /^[^\r\n]*(?:\r\n|\r|\n)/.exec(text) ?? [];
      isFull = whole !== '';
      if (isFull) {
        this.#keep(text.slice(whole.length));
        // Pasted indentation is no wish to complete something.
        keys.write(whole.replaceAll('\t', ' '));
      } else if (text !== '') {
        keys.write(text);
      }
    };
    this.#editor = take;
    take(this.#takePending());
  }

  async #explain(line: string, explain: (line: string) => Promise<string>): Promise<void> {
    const text = await explain(line);
    this.#stdout.write(`?\n${text}`);
  }

  #takePending(): string {
    const text = this.#pending;
    this.#pending = '';
    return text;
  }

  #keep(text: string): void {
    this.#pending = (this.#pending + text).slice(0, MAX_PENDING_CHARACTERS);
  }

  readonly #take = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true });
    if (this.#editor !== undefined) {
      this.#editor(text);
      return;
    }
    const at = text.lastIndexOf('\u0003');
    if (at >= 0) {
      this.#pending = '';
      this.#onInterrupt?.();
    }
    this.#keep(text.slice(at + 1));
  };

  readonly #lose = (): void => {
    this.#hasEnded = true;
    this.#onLost?.();
    this.#onInterrupt?.();
  };

  /** Ctrl-Z: stop as every program does, with the terminal as it was. */
  #suspend(resume: () => void): void {
    this.#stdin.setRawMode(false);
    process.once('SIGCONT', () => {
      this.#stdin.setRawMode(true);
      resume();
    });
    process.kill(process.pid, 'SIGTSTP');
  }
}

function isInQuotes(line: string): boolean {
  return splitLine(line).open !== undefined;
}

type Completed = (error: Error | null, result: [string[], string]) => void;

function completerOf(
  complete: NonNullable<EditOptions['complete']>,
): (line: string, done: Completed) => void {
  return (line, done) => {
    complete(line).then(
      ([hits, on]) => done(null, [hits, on]),
      () => done(null, [[], line]),
    );
  };
}
