import type { Socket } from 'node:net';
import type { ViciMessage } from './vici-message.ts';
import { decodePacket, encodePacket, SegmentReader, type ViciPacket } from './vici-packet.ts';
import { textIn } from './vici-reading.ts';
import {
  charonRefused,
  connectVici,
  lateError,
  notCharon,
  viciError,
  type ViciOptions,
} from './vici-socket.ts';

/** Of one streamed answer: more certificates or IKE_SAs than a charon of a gateway ever has. */
const maxEvents = 20_000;

/** Of one streamed answer, together: the certificates of 10,000 peers, and room. */
const maxEventOctets = 33_554_432;

/** What is waited for: octets of packets that come count against the limit of the answer. */
interface Waiting {
  readonly command: string;
  readonly take: (packet: ViciPacket, octets: number) => void;
  readonly fail: (error: unknown) => void;
}

/** What comes before an answer, and how much longer than usual that takes. */
interface Expected {
  readonly onEvent?: (packet: ViciPacket) => void;
  readonly waitMs?: number;
}

/** A streamed answer. */
export interface ViciStream {
  readonly events: readonly ViciMessage[];
  readonly answer: ViciMessage;
}

/** A connection to a charon: one command at a time, in the order they were asked for. */
export class ViciClient {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #options: ViciOptions;
  readonly #reader = new SegmentReader();
  readonly #listeners = new Map<string, (message: ViciMessage) => void>();
  #waiting: Waiting | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #broken: { readonly error: unknown } | undefined;
  readonly #overall: NodeJS.Timeout | undefined;
  /** Which run of charon made the socket. */
  readonly run: string;

  private constructor(path: string, socket: Socket, run: string, options: ViciOptions) {
    this.#path = path;
    this.#socket = socket;
    this.#options = options;
    this.run = run;
    socket
      .on('data', (octets) => this.#take(new Uint8Array(octets)))
      .on('error', (error) => this.#break(this.#ended(error)))
      .on('close', () => this.#break(this.#ended()));
    options.signal?.addEventListener('abort', this.#abort, { once: true });
    const { totalMs } = options;
    if (totalMs === undefined) return;
    const tooLong = (): void => this.#break(lateError(path, totalMs, 'all that was asked'));
    this.#overall = setTimeout(tooLong, totalMs);
  }

  /** Connect. @throws {CertError} DELIVERY_FAILED; the reason of the signal */
  static async open(path: string, options: ViciOptions): Promise<ViciClient> {
    const { socket, run } = await connectVici(path, options);
    const client = new ViciClient(path, socket, run, options);
    if (options.signal?.aborted === true) client.#abort();
    return client;
  }

  /**
   * Have a command done.
   *
   * @throws {CertError} DELIVERY_FAILED: no answer in time, charon ended, it does not know the command, or refuses it
   */
  request(command: string, message: ViciMessage = []): Promise<ViciMessage> {
    return this.#queued(async () => {
      const answer = await this.#command(command, message, {});
      this.#refuse(command, answer);
      return answer;
    });
  }

  /** Have a command done whose answer is a stream of events. @throws {CertError} as `request` */
  async stream(
    command: string,
    event: string,
    message: ViciMessage = [],
  ): Promise<readonly ViciMessage[]> {
    const { events, answer } = await this.attempt(command, event, message);
    this.#refuse(command, answer);
    return events;
  }

  /**
   * Have a command done that tells what it does by events; whether it is refused in the end is for the caller to see.
   *
   * @param waitMs how long charon may wait before it answers
   * @throws {CertError} as `request`, but for a refusal
   */
  attempt(command: string, event: string, message: ViciMessage, waitMs = 0): Promise<ViciStream> {
    return this.#queued(async () => {
      const events: ViciMessage[] = [];
      const onEvent = (packet: ViciPacket): void => {
        if (packet.type === 'event' && packet.name === event) events.push(packet.message);
      };
      await this.#event('register', event);
      const answer = await this.#command(command, message, { onEvent, waitMs });
      await this.#event('unregister', event);
      return { events, answer };
    });
  }

  /** Be told of events from now on, until this is closed. @throws {CertError} as `request` */
  listen(event: string, listener: (message: ViciMessage) => void): Promise<void> {
    this.#listeners.set(event, listener);
    return this.#queued(() => this.#event('register', event));
  }

  /** Wait until the connection is no more. @returns why */
  async ended(): Promise<unknown> {
    if (this.#broken === undefined)
      await new Promise((resolve) => void this.#socket.once('close', resolve));
    return this.#broken?.error;
  }

  /** Never throws. What is under way fails. */
  close(): void {
    this.#break(viciError(this.#path, 'the connection was closed', 'Try again'));
  }

  readonly #abort = (): void => this.#break(this.#options.signal?.reason);

  #queued<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }

  async #command(command: string, message: ViciMessage, expected: Expected): Promise<ViciMessage> {
    const packet: ViciPacket = { type: 'command', name: command, message };
    const answer = await this.#exchange(command, encodePacket(packet), expected);
    if (answer.type === 'command-unknown')
      throw charonRefused(this.#path, command, 'unknown command');
    if (answer.type !== 'response') throw this.#confused(answer);
    return answer.message;
  }

  #refuse(command: string, answer: ViciMessage): void {
    if (textIn(answer, 'success') !== 'no') return;
    throw charonRefused(this.#path, command, textIn(answer, 'errmsg') ?? 'no');
  }

  async #event(type: 'register' | 'unregister', name: string): Promise<void> {
    const what = `${type} ${name}`;
    const answer = await this.#exchange(what, encodePacket({ type, name }), {});
    if (answer.type === 'event-unknown') throw charonRefused(this.#path, what, 'unknown event');
    if (answer.type !== 'event-confirm') throw this.#confused(answer);
  }

  #confused({ type }: ViciPacket): unknown {
    const error = notCharon(this.#path, `an answer of type ${type} fits no question`);
    this.#break(error);
    return error;
  }

  /** Send a packet, and wait for what is no event. It is overwritten, as it may hold a key. */
  #exchange(
    command: string,
    packet: Uint8Array,
    { onEvent, waitMs = 0 }: Expected,
  ): Promise<ViciPacket> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) {
        packet.fill(0);
        reject(this.#broken.error);
        return;
      }
      let events = 0;
      let octets = 0;
      const timeoutMs = this.#options.timeoutMs + waitMs;
      const late = setTimeout(
        () => this.#break(lateError(this.#path, timeoutMs, command)),
        timeoutMs,
      );
      const end = (): void => {
        clearTimeout(late);
        this.#waiting = undefined;
      };
      this.#waiting = {
        command,
        take: (answer, length) => {
          if (answer.type !== 'event') {
            end();
            resolve(answer);
            return;
          }
          events += 1;
          octets += length;
          if (events > maxEvents || octets > maxEventOctets)
            this.#break(notCharon(this.#path, `its answer to ${command} does not end`));
          else onEvent?.(answer);
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      this.#socket.write(packet, () => packet.fill(0));
    });
  }

  #take(octets: Uint8Array): void {
    try {
      for (const segment of this.#reader.push(octets)) {
        if (this.#broken !== undefined) return;
        const packet = decodePacket(segment);
        if (packet.type === 'event') this.#listeners.get(packet.name)?.(packet.message);
        if (this.#waiting !== undefined) this.#waiting.take(packet, segment.length);
        else if (packet.type !== 'event') throw new Error('it answers what nobody asked');
      }
    } catch (error) {
      this.#break(notCharon(this.#path, error));
    }
  }

  #ended(cause?: unknown): unknown {
    const when = this.#waiting === undefined ? '' : ` during ${this.#waiting.command}`;
    const hint = 'See the log of charon, and start it again';
    return viciError(this.#path, `it ended the connection${when}`, hint, cause);
  }

  /** After that nothing can be asked any more: an answer could belong to another question. */
  #break(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = { error };
    clearTimeout(this.#overall);
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#socket.destroy();
    this.#waiting?.fail(error);
  }
}
