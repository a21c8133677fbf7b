import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { value, type ViciMessage } from '../../src/deploy/vici-message.ts';
import {
  decodePacket,
  encodePacket,
  SegmentReader,
  type ViciPacket,
} from '../../src/deploy/vici-packet.ts';

/** What a command is answered with, and the events that stream before. */
export interface ViciAnswer {
  readonly message: ViciMessage;
  readonly events?: readonly { readonly name: string; readonly message: ViciMessage }[];
}

/** In place of an answer: charon does not know the command, ends, or says nothing. */
export type ViciFault = 'unknown' | 'die' | 'silence' | { readonly errmsg: string };

/** Answers a command. */
export type ViciServe = (command: string, message: ViciMessage) => ViciAnswer | ViciFault;

/** A server at a socket that speaks VICI. */
export interface FakeVici {
  readonly socket: string;
  /** Names of the commands it was given, in their order. */
  readonly commands: string[];
  /** Have the next of these commands fail; `times` of them. */
  failNext(command: string, fault: ViciFault, times?: number): void;
  /** Have the n-th command from now fail, whichever it is; `act` may have it done all the same, or half of it. */
  failNth(nth: number, act: (serve: () => ViciAnswer | ViciFault) => ViciFault): void;
  /** Send an event to whoever registered for it. */
  raise(event: string, message: ViciMessage): void;
  /** End connections, and listen anew at the same place. */
  restart(): Promise<void>;
  /** End. */
  stop(): Promise<void>;
}

/** Start a server; it is gone after the test. */
export async function startFakeVici(serve: ViciServe, path?: string): Promise<FakeVici> {
  const socket = path ?? join(privateDirectory(), 'charon.vici');
  const commands: string[] = [];
  const faults: { readonly command: string; readonly fault: ViciFault }[] = [];
  const connections = new Map<Socket, Set<string>>();
  let armed: { at: number; readonly act: Parameters<FakeVici['failNth']>[1] } | undefined;
  /** What is planned for this command, whichever it is. */
  const nth = (serveIt: () => ViciAnswer | ViciFault): ViciFault | undefined => {
    if (armed === undefined || --armed.at > 0) return undefined;
    const { act } = armed;
    armed = undefined;
    return act(serveIt);
  };
  let server: Server | undefined;
  const answer = (connection: Socket, command: string, message: ViciMessage): void => {
    commands.push(command);
    const at = faults.findIndex((each) => each.command === command);
    const [planned] = at < 0 ? [] : faults.splice(at, 1);
    const serveIt = (): ViciAnswer | ViciFault => serve(command, message);
    const given = nth(serveIt) ?? planned?.fault ?? serveIt();
    if (given === 'silence') return;
    if (given === 'die') void connection.destroy();
    else if (given === 'unknown') send(connection, { type: 'command-unknown' });
    else if ('errmsg' in given) {
      const refusal = [value('success', 'no'), value('errmsg', given.errmsg)];
      send(connection, { type: 'response', message: refusal });
    } else {
      for (const { name, message: event } of given.events ?? [])
        if (connections.get(connection)?.has(name) === true)
          send(connection, { type: 'event', name, message: event });
      send(connection, { type: 'response', message: given.message });
    }
  };
  const take = (connection: Socket, packet: ViciPacket): void => {
    if (packet.type === 'command') answer(connection, packet.name, packet.message);
    if (packet.type !== 'register' && packet.type !== 'unregister') return;
    if (packet.type === 'register') connections.get(connection)?.add(packet.name);
    else connections.get(connection)?.delete(packet.name);
    send(connection, { type: 'event-confirm' });
  };
  const listen = async (): Promise<void> => {
    server = createServer((connection) => {
      connections.set(connection, new Set());
      const reader = new SegmentReader();
      connection
        .on('error', () => {})
        .on('close', () => connections.delete(connection))
        .on('data', (octets) => {
          for (const segment of reader.push(new Uint8Array(octets)))
            take(connection, decodePacket(segment));
        });
    });
    const listening = server;
    await new Promise<void>((resolve) => void listening.listen(socket, resolve));
  };
  const stop = async (): Promise<void> => {
    const stopping = server;
    server = undefined;
    for (const connection of connections.keys()) connection.destroy();
    if (stopping !== undefined) await new Promise((resolve) => void stopping.close(resolve));
  };
  await listen();
  onTestFinished(stop);
  return {
    socket,
    commands,
    failNext(command, fault, times = 1) {
      for (let i = 0; i < times; i += 1) faults.push({ command, fault });
    },
    failNth(at, act) {
      armed = { at, act };
    },
    raise(event, message) {
      for (const [connection, registered] of connections)
        if (registered.has(event)) send(connection, { type: 'event', name: event, message });
    },
    async restart() {
      await stop();
      await listen();
    },
    stop,
  };
}

/** A directory for one socket; it is gone after the test. */
export function privateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-vici-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function send(connection: Socket, packet: ViciPacket): void {
  if (!connection.destroyed) connection.write(encodePacket(packet));
}
