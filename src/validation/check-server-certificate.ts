import { constants } from 'node:crypto';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { hostIdentity } from '../revocation/peer-identity-text.ts';
import type { PeerIdentity } from '../revocation/peer-identity.ts';
import type { PeerVerdict } from './contract.ts';
import type { PeerValidator } from './peer-validator.ts';
import { chainOf, hold, refusedFor } from './tls-peer.ts';

/**
 * Options of a `tls.connect` whose server is judged here and not by Node: it takes any certificate, and asks for a
 * stapled OCSP response (RFC 6066 section 8). Give no `session`, and set `maxCachedSessions` of an `https.Agent` to 0:
 * in a resumed session there is nothing to judge.
 */
export const serverIsJudged: Readonly<
  Required<Pick<ConnectionOptions, 'requestOCSP' | 'rejectUnauthorized' | 'secureOptions'>>
> = {
  requestOCSP: true,
  rejectUnauthorized: false,
  // With TLS 1.2 a server could ask for another handshake and show another certificate.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
};

/** Who the server of a connection has to be: by the host that was meant to be reached, or by another identity. */
export type ServerCheckOptions =
  | { readonly host: string; readonly identity?: never }
  | { readonly identity: PeerIdentity; readonly host?: never };

/**
 * Judge the server of a TLS connection by its certificate and the OCSP response it stapled, before anything is sent. A
 * connection that is refused is destroyed.
 *
 * Call it in the same turn as `connect`, since the staple comes during the handshake, and write only when the verdict
 * accepts:
 *
 * ```ts
 * const socket = connect({ host, port, servername: host, ...serverIsJudged });
 * const { verdict } = await checkServerCertificate(validator, socket, { host });
 * if (verdict === 'accept') socket.write(request);
 * ```
 *
 * A server that never answers is given up by `socket.setTimeout` or by destroying the socket, as without this.
 *
 * @returns a verdict; of its own it has the reasons of `TlsReason`
 */
export async function checkServerCertificate(
  validator: Pick<PeerValidator, 'validatePeer'>,
  socket: TLSSocket,
  who: ServerCheckOptions,
): Promise<PeerVerdict> {
  const { signal, settle } = hold(socket);
  if (!isShakingHands(socket)) {
    const detail = 'the handshake was over: begin the check in the same turn as the connection';
    return settle(refusedFor('too-late', detail));
  }
  let staple: Uint8Array | undefined;
  socket.once('OCSPResponse', (response: Uint8Array | null) => {
    if (response !== null && response.length > 0) staple = Uint8Array.from(response);
  });
  if (!(await shakenHands(socket, signal))) {
    return settle(refusedFor('disconnected', 'the handshake failed'));
  }
  if (socket.isSessionReused()) {
    return settle(refusedFor('resumed-session', 'its session was resumed: connect without one'));
  }
  const chain = chainOf(socket);
  if (chain.length === 0) return settle(refusedFor('no-certificate', 'it showed no certificate'));
  const identity = who.identity ?? hostIdentity(who.host);
  return settle(
    await validator.validatePeer(
      { chain, identity, ...(staple && { staple }) },
      { purpose: { type: 'tls-server' }, signal },
    ),
  );
}

/** Node's types have no word for it: set until `secureConnect`. */
function isShakingHands(socket: TLSSocket): boolean {
  return 'secureConnecting' in socket && socket.secureConnecting === true;
}

async function shakenHands(socket: TLSSocket, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return await new Promise<boolean>((resolve) => {
    socket.once('secureConnect', () => resolve(true));
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}
