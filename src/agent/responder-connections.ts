import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Keeps connections of a server within bounds, so that nobody can keep others from being answered. */
export interface ResponderConnections {
  /**
   * Begin to answer a question that came over a connection.
   *
   * @returns what ends that; undefined when too many of that connection are being answered
   */
  begin(socket: Socket): (() => void) | undefined;
}

/** Servers keep connections open, and charon asks for each certificate of a chain by itself. */
const MAX_CONNECTIONS = 256;

/** Questions that are sent before the answer to the first is there; hardly anybody does. */
const MAX_AT_ONCE = 16;

/**
 * Bound the connections of a server. When there are too many, the oldest goes over which nothing is being answered: one
 * that was opened and left, that sends its request slowly, or that does not take its answer. A new one is never turned away
 * for those.
 */
export function boundConnections(server: Server): ResponderConnections {
  const answering = new Map<Socket, number>();
  server.on('connection', (socket: Socket) => {
    answering.set(socket, 0);
    socket.once('close', () => answering.delete(socket));
    if (answering.size <= MAX_CONNECTIONS) return;
    // The order is that in which they came; where all are being answered, the new one is one too many.
    const idle = [...answering].find(([, count]) => count === 0);
    (idle?.[0] ?? socket).destroy();
  });
  return {
    begin(socket) {
      const count = answering.get(socket) ?? MAX_AT_ONCE;
      if (count >= MAX_AT_ONCE) return undefined;
      answering.set(socket, count + 1);
      return () => {
        const now = answering.get(socket);
        if (now !== undefined) answering.set(socket, now - 1);
      };
    },
  };
}
