import { ViciClient } from './vici-client.ts';

/** Tells of IKE_SAs of a charon that are set up or end. */
export interface IkeEvents {
  /** Settles when there are no more: charon has ended, or this was closed. */
  readonly ended: Promise<void>;
  /** Never throws. */
  close(): void;
}

/** How that is listened to. */
export interface IkeEventsOptions {
  /** Called at each. */
  changed(): void;
  /** For connecting. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Listen to what becomes of the IKE_SAs of a charon, by a connection of its own: whoever is to be kept out has its tunnel
 * for no longer than that takes.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function listenToIke(
  socket: string,
  { changed, timeoutMs, signal }: IkeEventsOptions,
): Promise<IkeEvents> {
  const client = await ViciClient.open(socket, { timeoutMs, signal });
  try {
    await client.listen('ike-updown', () => changed());
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    ended: client.ended().then(() => undefined),
    close: () => client.close(),
  };
}
