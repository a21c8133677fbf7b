import { createConnection, createServer, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import type { Charon } from './charon.ts';

/** A socket before that of a charon. */
export interface BeforeCharon {
  readonly socket: string;
  /** Have charon die as soon as it is given this command next. */
  dieAt(command: string): void;
  close(): Promise<void>;
}

/** Stand between a charon and whoever speaks to it over VICI. */
export async function beforeCharon(charon: Charon): Promise<BeforeCharon> {
  const socket = `${charon.socket}.before`;
  const open = new Set<Socket>();
  let last: string | undefined;
  const server = createServer((client) => {
    const behind = createConnection(charon.socket);
    for (const each of [client, behind]) open.add(each.on('error', () => {}));
    client
      .on('close', () => behind.destroy())
      .on('data', (octets) => {
        behind.write(octets);
        if (last === undefined || !octets.includes(named(last))) return;
        last = undefined;
        void charon.kill();
      });
    behind.on('close', () => client.destroy()).on('data', (octets) => client.write(octets));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    dieAt: (command) => void (last = command),
    async close() {
      for (const each of open) each.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(socket, { force: true });
    },
  };
}

/** CMD_REQUEST with its name: no certificate has that in it by chance. */
function named(command: string): Buffer {
  return Buffer.from([0, command.length, ...Buffer.from(command)]);
}
