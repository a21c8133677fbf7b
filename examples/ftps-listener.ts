/**
 * A small FTPS server with a fresh OCSP response in its handshakes: explicit (AUTH TLS, RFC 4217) on one port, implicit
 * on another. It lists and gives the files of one directory to anybody, and takes none. The agent keeps certificate and
 * response in the state directory, as for `https-listener.ts`.
 *
 *   node examples/ftps-listener.ts STATE-DIRECTORY NAME FILES EXPLICIT-PORT IMPLICIT-PORT
 *   openssl s_client -connect 127.0.0.1:EXPLICIT-PORT -starttls ftp -status
 *   curl --ssl-reqd --cacert root.pem ftp://NAME:EXPLICIT-PORT/
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import {
  createServer as createPlainServer,
  type Server as PlainServer,
  type Socket,
} from 'node:net';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createServer } from 'node:tls';
import { attachStapling, openStapling, staplingServerOptions } from 'certkeeper/stapling';

const [stateDirectory, name, files, explicitPort, implicitPort] = process.argv.slice(2);
if (stateDirectory === undefined || name === undefined || files === undefined) {
  console.error('usage: ftps-listener.ts STATE-DIRECTORY NAME FILES EXPLICIT-PORT IMPLICIT-PORT');
  process.exit(2);
}
const directory = files;
const stapling = await openStapling({ stateDirectory, names: [name] });

// Every handshake is done by this server: it is the only thing in Node that staples.
const secure = createServer(staplingServerOptions(stapling), (socket) => {
  const isExplicit = upgraded.delete(socket.remotePort ?? 0);
  if (!isExplicit) socket.write('220 ready\r\n');
  converse(socket, true);
});
attachStapling(secure, stapling);
const upgraded = new Set<number>();
const plain = createPlainServer((socket) => {
  socket.write('220 ready\r\n');
  converse(socket, false);
});
secure.on('tlsClientError', (_error, socket) => socket.destroy());

/** One control connection. Before TLS there is nothing to be had but TLS. */
function converse(control: Socket, isSecure: boolean): void {
  let data: { readonly server: PlainServer; readonly socket: Promise<Socket> } | undefined;
  let isPrivate = false;
  const say = (line: string): void => void control.write(`${line}\r\n`);
  control.on('error', () => control.destroy());
  control.on('close', () => data?.server.close());
  const lines = createInterface({ input: control });

  /** Wait for a data connection; with PROT P it is TLS, stapled as well. */
  const passive = (): Promise<number> => {
    data?.server.close();
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const take = (socket: Socket): void => resolve(socket.on('error', () => socket.destroy()));
    const server = isPrivate ? stapled(take) : createPlainServer(take);
    server.maxConnections = 1;
    data = { server, socket: promise };
    return new Promise((listening) => {
      server.listen(0, control.localAddress, () => {
        const bound = server.address();
        listening(typeof bound === 'object' && bound ? bound.port : 0);
      });
    });
  };

  /** Send something over the data connection. */
  const send = async (work: (socket: Socket) => Promise<void>): Promise<void> => {
    if (data === undefined) return say('425 use EPSV first');
    say('150 here it comes');
    try {
      await work(await data.socket);
      say('226 done');
    } catch {
      say('451 it could not be sent');
    } finally {
      data.server.close();
      data = undefined;
    }
  };

  const commands: Readonly<Record<string, (word: string) => void | Promise<void>>> = {
    FEAT: () => say('211-features\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n EPSV\r\n SIZE\r\n211 end'),
    QUIT: () => void control.end('221 goodbye\r\n'),
    SYST: () => say('215 UNIX Type: L8'),
    NOOP: () => say('200 ok'),
    AUTH(word) {
      if (isSecure || word.toUpperCase() !== 'TLS') return say('504 not that');
      lines.close();
      control.removeAllListeners();
      say('234 begin TLS');
      upgraded.add(control.remotePort ?? 0);
      secure.emit('connection', control);
    },
  };
  const secured: typeof commands = {
    USER: () => say('331 any password'),
    PASS: () => say('230 welcome'),
    PBSZ: () => say('200 PBSZ=0'),
    PROT(word) {
      isPrivate = word.toUpperCase() === 'P';
      say('200 ok');
    },
    TYPE: () => say('200 binary'),
    PWD: () => say('257 "/"'),
    CWD: () => say('250 there is one directory'),
    async EPSV() {
      say(`229 ok (|||${await passive()}|)`);
    },
    async PASV() {
      const port = await passive();
      say(`227 ok (127,0,0,1,${port >> 8},${port & 255})`);
    },
    async SIZE(word) {
      say(`213 ${(await stat(fileOf(word))).size}`);
    },
    LIST: () =>
      send(async (socket) => {
        const names = await readdir(directory);
        socket.end(names.map((each) => `-r--r--r-- 1 ftp ftp 0 Jan 1 2026 ${each}\r\n`).join(''));
      }),
    NLST: () =>
      send(async (socket) => {
        socket.end((await readdir(directory)).map((each) => `${each}\r\n`).join(''));
      }),
    async RETR(word) {
      await stat(fileOf(word));
      await send((socket) => pipeline(createReadStream(fileOf(word)), socket));
    },
  };

  let turn = Promise.resolve();
  lines.on('line', (line) => {
    const [, verb = '', word = ''] = /^(\S+) ?(.*)$/.exec(line.slice(0, 1000)) ?? [];
    const known = { ...commands, ...(isSecure && secured) }[verb.toUpperCase()];
    turn = turn
      .then(() => known?.(word) ?? (known ? undefined : say(isSecure ? '502 no' : '530 TLS first')))
      .catch(() => say('550 no such file'));
  });
}

/** A TLS server that staples for one data connection. */
function stapled(take: (socket: Socket) => void): PlainServer {
  const server = createServer(staplingServerOptions(stapling), take);
  server.once('close', attachStapling(server, stapling));
  return server;
}

/** A name, and nothing that leads elsewhere. */
function fileOf(word: string): string {
  return join(directory, basename(word));
}

const portOf = (server: PlainServer): number => {
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
};
plain.listen(Number(explicitPort), '127.0.0.1', () => {
  secure.listen(Number(implicitPort), '127.0.0.1', () => {
    console.log(`explicit on port ${portOf(plain)}, implicit on port ${portOf(secure)}`);
  });
});
process.once('SIGTERM', () => {
  plain.close();
  secure.close();
  void stapling.close();
});
