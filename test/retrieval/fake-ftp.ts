import { createServer, type Server, type Socket } from 'node:net';
import { openHostileServer } from '../http/hostile-server.ts';

/** What a control connection says to a command; a function for the data commands, which get the port for data. */
export type FtpScript = Readonly<Record<string, string | ((port: number) => string)>>;

/** A server on loopback whose answers a test writes. */
export interface FakeFtp {
  readonly url: string;
  /** Commands that came, with their arguments. */
  readonly commands: readonly string[];
  /** Resolved when RETR came. */
  readonly isAsked: Promise<unknown>;
  /** Say something to the client that sent RETR. */
  say(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Answers of a server that works; "" is the greeting, and RETR is followed by the data and "226". */
export const usualScript: FtpScript = {
  '': '220 ready',
  USER: '331 password?',
  PASS: '230 welcome',
  TYPE: '200 binary',
  SIZE: '213 5',
  EPSV: (port) => `229 here (|||${port}|)`,
  PASV: (port) => `227 here (127,0,0,1,${port >> 8},${port & 0xff})`,
  RETR: '150 coming\r\n226 done',
};

/**
 * Start a server.
 *
 * @param script in place of the usual answers
 * @param send what to do with each data connection
 */
export async function openFakeFtp(
  script: FtpScript,
  send: (data: Socket) => void = (data) => data.end('hello'),
): Promise<FakeFtp> {
  const commands: string[] = [];
  const retr = Promise.withResolvers<Socket>();
  const data = createServer((socket) => {
    socket.on('error', () => {});
    send(socket);
  });
  await new Promise<void>((resolve) => data.listen(0, '127.0.0.1', resolve));
  const answers: FtpScript = { ...usualScript, ...script };
  const say = (socket: Socket, verb: string): void => {
    const answer = answers[verb] ?? '500 unknown';
    socket.write(`${typeof answer === 'string' ? answer : answer(portOf(data))}\r\n`);
  };
  const control = await openHostileServer((socket) => {
    say(socket, '');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const lines = text.split('\r\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        commands.push(line);
        const [verb = ''] = line.split(' ');
        if (verb === 'RETR') retr.resolve(socket);
        if (answers[verb] !== 'silence') say(socket, verb);
      }
    });
  });
  return {
    url: `ftp://127.0.0.1:${control.port}/ca.crl`,
    commands,
    isAsked: retr.promise,
    async say(line) {
      const socket = await retr.promise;
      socket.write(`${line}\r\n`);
    },
    async close() {
      await control.close();
      await new Promise<void>((resolve) => {
        data.close(() => resolve());
      });
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
