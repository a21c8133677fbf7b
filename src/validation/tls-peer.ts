import type { TLSSocket } from 'node:tls';
import { bytesEqual } from '../base/bytes.ts';
import type { PeerVerdict } from './contract.ts';

/** What a verdict on a peer of TLS has beside the reasons of `validatePeer`. */
export type TlsReason =
  /** It showed no certificate. */
  | 'no-certificate'
  /** The session was resumed: there is neither a chain nor a staple, and what was said then may be over. */
  | 'resumed-session'
  /** It has gone, or the connection failed, before there was a verdict. */
  | 'disconnected'
  /** The handshake was over when the check began, so that a staple would have been missed. */
  | 'too-late';

/** Certificates taken from a connection: more than `readPeerChain` takes, so that it says so. */
const MAX_TAKEN = 32;

/**
 * Take the chain a peer showed in its full handshake, in its order, everything it sent.
 *
 * Node gives it once: `getPeerX509Certificate()` takes the chain out of the connection, and whoever asks again, or
 * uses `getPeerCertificate(true)` afterwards, sees the first certificate alone. (The latter first gives only what it
 * could link to the first, and so leaves out other issuers and signers of CRLs.)
 */
export function chainOf(socket: Pick<TLSSocket, 'getPeerX509Certificate'>): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let next = socket.getPeerX509Certificate();
  for (let taken = 0; next !== undefined && taken < MAX_TAKEN; taken++) {
    const der = Uint8Array.from(next.raw);
    // A root that is its own issuer does not end; and one that was sent twice is the same.
    if (!chain.some((one) => bytesEqual(one, der))) chain.push(der);
    next = next.issuerCertificate;
  }
  return chain;
}

/** Refuse a peer for something about its connection. */
export function refusedFor(code: TlsReason, detail: string): PeerVerdict {
  return { verdict: 'reject', reasons: [{ code, detail }], warnings: [], path: [], revocation: [] };
}

/** A connection while its peer is judged. */
export interface Held {
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
  /** Let go of it; a connection whose peer is refused is destroyed. @returns the verdict that holds */
  settle(verdict: PeerVerdict): PeerVerdict;
}

/**
 * Hold a connection: what comes waits meanwhile unless somebody begins to read, an end of it ends the judging, and the certificates that are
 * judged are the only ones there will be: with TLS 1.2 a peer could ask for another handshake and show others.
 */
export function hold(socket: TLSSocket): Held {
  const gone = new AbortController();
  const over = (): void => gone.abort(new Error('the connection is over'));
  // Whoever waits for a verdict is told of an error by it; without this the process would end.
  const failed = (error: NodeJS.ErrnoException): void => {
    over();
    // Node tells of it, and lets the handshake go on.
    if (error.code === 'ERR_TLS_RENEGOTIATION_DISABLED') socket.destroy();
  };
  socket.on('error', failed);
  socket.once('close', over);
  if (socket.destroyed) over();
  socket.disableRenegotiation();
  // One that nobody reads from yet does not flow by itself, and must not need to be resumed.
  const wasFlowing = socket.readableFlowing === true;
  if (wasFlowing) socket.pause();
  return {
    signal: gone.signal,
    settle(verdict) {
      socket.off('close', over);
      const isOver = gone.signal.aborted || socket.destroyed;
      if (verdict.verdict === 'reject' || isOver) socket.destroy();
      if (verdict.verdict === 'accept' && isOver) {
        return refusedFor('disconnected', 'it has gone before it was judged');
      }
      if (wasFlowing && verdict.verdict === 'accept') socket.resume();
      return verdict;
    },
  };
}
