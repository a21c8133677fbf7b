import { ReadStream, WriteStream } from 'node:tty';
import { CertError, invariant, type ExitCode } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { CommandContext } from '../command.ts';
import { enterStateDirectory } from '../enter-state.ts';
import { Interrupted, type Io } from '../io.ts';
import { readVersion } from '../version.ts';
import { completeLine } from './complete-line.ts';
import { openHistory, type History } from './history.ts';
import { isOpen } from './pipe.ts';
import { withoutSecrets } from './redact.ts';
import { createSession, type Session } from './session.ts';
import { Terminal, type Edited } from './terminal.ts';

/** Take lines from an operator until `exit` or Ctrl-D. */
export async function runTerminal(context: CommandContext): Promise<ExitCode> {
  const { io, globals } = context;
  const { stdin, stdout } = process;
  invariant(
    stdin instanceof ReadStream && stdout instanceof WriteStream,
    'that this is a terminal',
  );
  const directory = enterStateDirectory(context);
  const session = createSession(context);
  const history = openHistory(directory);
  if (!globals.quiet && !globals.json) {
    io.stdout.write(
      `certkeeper ${await readVersion()} on ${printable(directory)}\n` +
        '? shows what may come next, Tab completes, exit or Ctrl-D ends\n',
    );
  }
  const terminal = new Terminal(stdin, stdout);
  try {
    for (;;) {
      const edited = await readWholeLine(terminal, session, history);
      if (edited.type === 'end') {
        io.stdout.write('\n');
        return 0;
      }
      if (edited.type === 'interrupt') continue;
      await runOne(edited.line, session, terminal, io);
      if (session.isOver()) return 0;
    }
  } finally {
    terminal.close();
  }
}

/** Read a line, and go on where it ends inside a quote or with a backslash. */
async function readWholeLine(
  terminal: Terminal,
  session: Session,
  history: History,
): Promise<Edited> {
  let text = '';
  for (;;) {
    const before = text;
    const edited = await terminal.edit({
      prompt: before === '' ? session.prompt() : '> ',
      history: history.lines,
      complete: (line) => completeLine(before + line, session.table, session.live),
      explain: async (line) => await answer(session, before + line),
    });
    if (edited.type !== 'line') return edited;
    text += edited.line;
    if (isOpen(text)) {
      text += '\n';
      continue;
    }
    if (text.trim() !== '') history.add(text, withoutSecrets(text, session.table));
    return { type: 'line', line: text };
  }
}

async function answer(session: Session, line: string): Promise<string> {
  try {
    return await session.explain(line);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return `${printable(error.message)}\n`;
  }
}

/** Run a line under a Ctrl-C of its own: it ends the wait, not the shell. A second one ends both. */
async function runOne(line: string, session: Session, terminal: Terminal, io: Io): Promise<void> {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      terminal.close();
      process.exit(130);
    }
    controller.abort();
  };
  terminal.onInterrupt(interrupt);
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await session.run(line, {
      ...io,
      stdin: inputFrom(terminal),
      abortSignal: () => controller.signal,
    });
  } finally {
    terminal.onInterrupt(undefined);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** Let a command ask on the terminal that the shell holds. */
function inputFrom(terminal: Terminal): Io['stdin'] {
  const lines = async function* lines(): AsyncGenerator<string> {
    for (;;) {
      const edited = await terminal.edit({ prompt: '' });
      if (edited.type === 'interrupt') throw new Interrupted();
      if (edited.type === 'end') return;
      yield edited.line;
    }
  };
  return {
    isTTY: true,
    lines,
    async readLine({ echo }) {
      const edited = await terminal.edit({ prompt: '', isHidden: !echo });
      if (edited.type === 'line') return edited.line;
      throw edited.type === 'interrupt' ? new Interrupted() : unanswered();
    },
    async readAll(limit) {
      let text = '';
      for await (const line of lines()) {
        text += `${line}\n`;
        if (text.length > limit) break;
      }
      return new TextEncoder().encode(text);
    },
  };
}

function unanswered(): CertError {
  return new CertError('USAGE_INVALID', 'Cannot go on without an answer: the input has ended');
}
