import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

/** The receiver of net-snmp, as far as tests need it. */
interface Library {
  createReceiver(
    options: Readonly<Record<string, unknown>>,
    callback: (error: Error | null, received: Received) => void,
  ): LibraryReceiver;
  readonly SecurityLevel: { readonly authPriv: number };
  readonly AuthProtocols: Readonly<Record<string, string>>;
  readonly PrivProtocols: Readonly<Record<string, string>>;
  readonly PduType: Readonly<Record<string, number>>;
}

interface LibraryReceiver {
  getAuthorizer(): {
    addUser(user: Readonly<Record<string, unknown>>): void;
    addCommunity(community: string): void;
  };
  close(): void;
}

/** What a receiver understood. */
export interface Received {
  readonly pdu: {
    readonly type: number;
    readonly varbinds: readonly {
      readonly oid: string;
      readonly type: number;
      readonly value: unknown;
    }[];
  };
}

/** Take the library as it is, without our types. */
export async function netSnmp(): Promise<Library> {
  const module: { default: unknown } = await import('net-snmp');
  if (isLibrary(module.default)) return module.default;
  throw new Error('net-snmp has no receiver');
}

function isLibrary(value: unknown): value is Library {
  return typeof value === 'object' && value !== null && 'createReceiver' in value;
}

export const community = 'clmtest-secret';
export const authKey = 'authpass-0123';
export const privKey = 'privpass-0123';

/** What has arrived, in its order, for whoever waits for it. */
function arrivals<T>(): { put(one: T): void; next(): Promise<T> } {
  const queue: T[] = [];
  const waiting: ((one: T) => void)[] = [];
  return {
    put(one) {
      const first = waiting.shift();
      if (first === undefined) queue.push(one);
      else first(one);
    },
    async next() {
      const first = queue.shift();
      return first ?? (await new Promise<T>((resolve) => waiting.push(resolve)));
    },
  };
}

/** A receiver on loopback that knows the community and the users `sha256` and `sha512`. */
export interface TestReceiver {
  readonly port: number;
  /** The next that it has understood. */
  next(): Promise<Received>;
  close(): void;
}

export async function startReceiver(family: 4 | 6 = 4): Promise<TestReceiver> {
  const snmp = await netSnmp();
  const port = await freePort(family);
  const queue = arrivals<Received>();
  const receiver = snmp.createReceiver(
    {
      port,
      transport: family === 4 ? 'udp4' : 'udp6',
      address: family === 4 ? '127.0.0.1' : '::1',
      engineID: `8000b98380${'aa'.repeat(12)}`,
    },
    (error, received) => {
      if (error !== null) return;
      queue.put(received);
    },
  );
  const authorizer = receiver.getAuthorizer();
  authorizer.addCommunity(community);
  for (const [name, priv] of [
    ['sha256', 'aes'],
    ['sha512', 'aes256b'],
  ] as const) {
    authorizer.addUser({
      name,
      level: snmp.SecurityLevel.authPriv,
      authProtocol: snmp.AuthProtocols[name],
      authKey,
      privProtocol: snmp.PrivProtocols[priv],
      privKey,
    });
  }
  return {
    port,
    next: queue.next,
    close: () => receiver.close(),
  };
}

/** A socket that only keeps what arrives, and may answer. */
export interface RawReceiver {
  readonly port: number;
  readonly socket: Socket;
  next(): Promise<{
    readonly octets: Uint8Array;
    readonly from: { port: number; address: string };
  }>;
  close(): void;
}

export async function startRawReceiver(): Promise<RawReceiver> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const queue = arrivals<Awaited<ReturnType<RawReceiver['next']>>>();
  socket.on('message', (octets, from) => {
    queue.put({ octets, from });
  });
  return {
    port: socket.address().port,
    socket,
    next: queue.next,
    close: () => socket.close(),
  };
}

/** A port that nobody has: the receiver of the library does not say which one it was given. */
export async function freePort(family: 4 | 6 = 4): Promise<number> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  await new Promise<void>((resolve) => socket.bind(0, family === 4 ? '127.0.0.1' : '::1', resolve));
  const { port }: AddressInfo = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
