import { createSocket, type Socket } from 'node:dgram';

/** What a client sent, read without the code under test. */
export interface TftpRequest {
  readonly opcode: number;
  /** Of ACK the block, of ERROR the code. */
  readonly number: number;
  /** Of RRQ: name, mode, options. */
  readonly strings: readonly string[];
  readonly address: { readonly port: number; readonly address: string };
}

/** A server on loopback whose answers a test writes. */
export interface FakeTftp {
  readonly port: number;
  /** All that came to any of its ports, in order. */
  readonly seen: readonly TftpRequest[];
  /** Open another port on the address, and send to a client from it; returns the opcode and number of the reply. */
  stranger(packet: Uint8Array, to: TftpRequest): Promise<TftpRequest>;
  close(): Promise<void>;
}

/** Says one packet to the client that asked, from the port of the transfer. */
export type Reply = (...packets: readonly Uint8Array[]) => void;

/**
 * Start a server: `answer` is called with each packet that comes, and with what sends replies. Each RRQ gets a port
 * of its own, as RFC 1350 wants it.
 */
export async function openFakeTftp(
  answer: (request: TftpRequest, reply: Reply, isFirst: boolean) => void,
): Promise<FakeTftp> {
  const sockets: Socket[] = [];
  const seen: TftpRequest[] = [];

  const bound = async (): Promise<Socket> => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return socket;
  };
  const replyFrom =
    (socket: Socket, { address }: TftpRequest): Reply =>
    (...packets) => {
      for (const packet of packets) socket.send(packet, address.port, address.address);
    };

  const listener = await bound();
  listener.on('message', (octets, from) => {
    const request = parse(octets, from);
    seen.push(request);
    void bound().then((socket) => {
      const reply = replyFrom(socket, request);
      socket.on('message', (more, sender) => {
        const next = parse(more, sender);
        seen.push(next);
        answer(next, reply, false);
      });
      answer(request, reply, true);
    });
  });
  return {
    port: listener.address().port,
    seen,
    async stranger(packet, to) {
      const socket = await bound();
      const answered = new Promise<TftpRequest>((resolve) => {
        socket.on('message', (octets, from) => resolve(parse(octets, from)));
      });
      replyFrom(socket, to)(packet);
      return await answered;
    },
    async close() {
      await Promise.all(
        sockets.map(async (socket) => {
          await new Promise<void>((resolve) => socket.close(() => resolve()));
        }),
      );
    },
  };
}

function parse(octets: Buffer, address: TftpRequest['address']): TftpRequest {
  const opcode = octets.readUInt16BE(0);
  return {
    opcode,
    number: octets.readUInt16BE(2),
    strings: opcode === 1 ? octets.toString('utf8', 2).split('\0').slice(0, -1) : [],
    address,
  };
}

/** Build DATA. */
export function data(block: number, octets: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, 3, (block >> 8) & 0xff, block & 0xff), octets]);
}

/** Build OACK. */
export function oack(...strings: readonly string[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, 6), Buffer.from(`${strings.join('\0')}\0`)]);
}

/** Build ERROR. */
export function error(code: number, text: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, 5, 0, code), Buffer.from(`${text}\0`)]);
}

/** Serve files in order, with or without options. */
export function serving(
  files: Readonly<Record<string, Uint8Array>>,
  hasOptions: boolean,
): (request: TftpRequest, reply: Reply) => void {
  const transfers = new Map<number, { file: Uint8Array; blockOctets: number }>();
  return (request, reply) => {
    const { port } = request.address;
    if (request.opcode === 1) {
      const [name = '', , ...options] = request.strings;
      const file = Object.hasOwn(files, name) ? files[name] : undefined;
      if (file === undefined) return reply(error(1, `${name} not found`));
      const asked = Number(options[options.indexOf('blksize') + 1] ?? 512);
      transfers.set(port, { file, blockOctets: hasOptions ? asked : 512 });
      if (hasOptions) {
        return reply(oack('blksize', String(asked), 'tsize', String(file.length), 'timeout', '1'));
      }
    }
    const transfer = transfers.get(port);
    if (transfer === undefined || (request.opcode !== 1 && request.opcode !== 4)) return;
    const { file, blockOctets } = transfer;
    // Files of the tests have fewer than 65536 blocks.
    const done = request.opcode === 1 ? 0 : request.number;
    if (done * blockOctets > file.length) return;
    reply(data(done + 1, file.subarray(done * blockOctets, (done + 1) * blockOctets)));
  };
}
