import type { Socket } from 'node:net';
import type { MessageParser } from 'ldapts';
import { broken } from './failure.ts';
import { cutFrames } from './ldap-frames.ts';
import type { RetrievalRequest } from './retriever.ts';

/** What every answer has (RFC 4511 section 4.1.9); of entries and references the rest is empty. */
export interface LdapAnswer {
  readonly messageId: number;
  readonly status: number;
  readonly errorMessage: string;
}

/** A request as the library makes it. */
export interface LdapMessage {
  readonly messageId: number;
  write(): Uint8Array;
}

/** A connection to an LDAP server, for one request after the other. */
export interface LdapSession {
  /**
   * Send a request, and hand its answers to `take`, one by one, until that returns something.
   *
   * @throws {CertError} NETWORK_UNREACHABLE, RESPONSE_TOO_LARGE, or what `take` throws
   */
  ask<T>(message: LdapMessage, take: (answer: LdapAnswer) => T | undefined): Promise<T>;
}

/**
 * Begin a session. The library reads and writes messages; its client is not used, because that reads all that comes at
 * once, and a call deeper for each message.
 *
 * @param makeParser makes the library's parser; each reads one message
 */
export function beginSession(
  socket: Socket,
  request: RetrievalRequest,
  makeParser: () => MessageParser,
): LdapSession {
  const { url } = request;
  const answers = decoded(socket, request, makeParser);
  return {
    async ask(message, take) {
      socket.write(message.write());
      for (;;) {
        const { value, done } = await answers.next();
        if (done) throw broken(url, 'connection closed by the peer');
        // RFC 4511 section 4.4.1: notice of disconnection.
        if (value.messageId === 0) throw broken(url, `the server hangs up (${value.status})`);
        const taken = value.messageId === message.messageId ? take(value) : undefined;
        if (taken !== undefined) return taken;
      }
    },
  };
}

async function* decoded(
  socket: Socket,
  request: RetrievalRequest,
  makeParser: () => MessageParser,
): AsyncGenerator<LdapAnswer, void> {
  const frames = cutFrames(request);
  try {
    for await (const chunk of socket) {
      if (!(chunk instanceof Uint8Array)) continue;
      for (const frame of frames.add(chunk)) yield decode(frame, request.url, makeParser());
    }
  } finally {
    socket.destroy();
  }
}

function decode(frame: Uint8Array, url: string, parser: MessageParser): LdapAnswer {
  const found: LdapAnswer[] = [];
  let cause: unknown;
  parser.on('message', (message) => void found.push(message));
  parser.on('error', (error) => (cause = error));
  parser.read(Buffer.from(frame.buffer, frame.byteOffset, frame.length), new Map());
  const [answer] = found;
  if (answer === undefined) throw broken(url, 'the server sends what is no answer', cause);
  return answer;
}
