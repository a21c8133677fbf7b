import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { CertError } from '../base/errors.ts';
import { systemReason } from '../base/system-reason.ts';

/** Where a server of the agent listens. */
export interface ListeningPlace {
  /** 0: any that is free. */
  readonly port: number;
  /** An IP address; all there are when absent. */
  readonly address?: string;
}

/** What is said when that cannot be had. */
export interface ListeningWords {
  /** As in `serve metrics`. */
  readonly doing: string;
  readonly hint: string;
}

/**
 * Listen, and share the port with nobody.
 *
 * @returns the port
 * @throws {CertError} CONFIG_INVALID when it cannot be had
 */
export async function listenAt(
  server: HttpServer | HttpsServer,
  { port, address }: ListeningPlace,
  { doing, hint }: ListeningWords,
): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(
        { port, exclusive: true, ...(address !== undefined && { host: address }) },
        resolve,
      );
    });
  } catch (cause) {
    const why = systemReason(cause);
    throw new CertError('CONFIG_INVALID', `Cannot ${doing} on port ${port}: ${why}`, {
      cause,
      hint,
    });
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

/** Close a server with all its connections. */
export async function closeNow(server: HttpServer | HttpsServer): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
