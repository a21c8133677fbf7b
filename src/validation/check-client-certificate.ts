import { constants } from 'node:crypto';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { PeerVerdict } from './contract.ts';
import type { PeerValidator } from './peer-validator.ts';
import type { PeerIdentity } from '../revocation/peer-identity.ts';
import { chainOf, hold, refusedFor } from './tls-peer.ts';

/**
 * Options of a `tls.createServer` whose clients are judged here and not by Node: it asks for a certificate, takes any,
 * and lets nobody resume a session, in which there would be nothing to judge, or shake hands again.
 */
export const clientsAreJudged: Readonly<
  Required<Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized' | 'secureOptions'>>
> = {
  requestCert: true,
  rejectUnauthorized: false,
  // Without tickets a session is in the memory of a server, where Node keeps none: a client that asks for one gets a
  // whole handshake, in every version of TLS.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};

/** How the client of a connection is judged. */
export interface ClientCheckOptions {
  /** Who it has to be; left out, anybody the policy accepts: look at `path[0]` of the verdict then. */
  readonly identity?: PeerIdentity;
}

/**
 * Judge the client of a TLS server by its certificate, before anything is served. A connection that is refused is
 * destroyed.
 *
 * Call it first thing in `secureConnection`, and read, write or hand on the socket only when the verdict accepts:
 *
 * ```ts
 * const server = createServer({ key, cert, ...clientsAreJudged }, async (socket) => {
 *   const { verdict, reasons } = await checkClientCertificate(validator, socket);
 *   if (verdict === 'accept') http.emit('connection', socket); // an http.Server that listens nowhere
 *   else log(reasons);
 * });
 * ```
 *
 * With `https.createServer` this cannot be done: its own listener reads requests at once. What a client sends before
 * the verdict waits in the socket, a few kilobytes of it, and is never seen when it is refused.
 *
 * @returns a verdict; of its own it has the reasons of `TlsReason`
 */
export async function checkClientCertificate(
  validator: Pick<PeerValidator, 'validatePeer'>,
  socket: TLSSocket,
  { identity }: ClientCheckOptions = {},
): Promise<PeerVerdict> {
  const { signal, settle } = hold(socket);
  if (socket.isSessionReused()) {
    return settle(
      refusedFor(
        'resumed-session',
        'its session was resumed: create the server with clientsAreJudged',
      ),
    );
  }
  const chain = chainOf(socket);
  if (chain.length === 0) return settle(refusedFor('no-certificate', 'it showed no certificate'));
  return settle(
    await validator.validatePeer(
      { chain, ...(identity && { identity }) },
      { purpose: { type: 'tls-client' }, signal },
    ),
  );
}
