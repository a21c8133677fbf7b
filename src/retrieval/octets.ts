import { broken, tooLarge } from './failure.ts';
import type { RetrievalRequest } from './retriever.ts';

/** The file as far as it has come. */
export interface Octets {
  /** How many there are. */
  length(): number;
  /**
   * Append what came.
   *
   * @throws {CertError} RESPONSE_TOO_LARGE
   */
  add(chunk: Uint8Array): void;
  /**
   * Give them all.
   *
   * @param announced how many the server said there are
   * @throws {CertError} NETWORK_UNREACHABLE: not so many
   */
  take(announced?: number): Uint8Array;
}

/** Room for a file of unknown length: a certificate, or a small CRL. */
const FIRST_OCTETS = 16_384;

/** Collect a file, and never hold more of it than `maxBytes`. */
export function collectOctets(request: RetrievalRequest): Octets {
  const { url, limits } = request;
  let room = new Uint8Array(Math.min(FIRST_OCTETS, limits.maxBytes));
  let length = 0;
  return {
    length: () => length,
    add(chunk) {
      const end = length + chunk.length;
      if (end > limits.maxBytes) throw tooLarge(request);
      if (end > room.length) {
        const grown = new Uint8Array(Math.min(Math.max(end, room.length * 2), limits.maxBytes));
        grown.set(room.subarray(0, length));
        room = grown;
      }
      room.set(chunk, length);
      length = end;
    },
    take(announced) {
      if (announced !== undefined && announced !== length) {
        throw broken(url, `${length} octets came, ${announced} were announced`);
      }
      return room.slice(0, length);
    },
  };
}

/**
 * Refuse a file by the length the server announces, before anything of it comes.
 *
 * @throws {CertError} RESPONSE_TOO_LARGE
 */
export function checkAnnounced(request: RetrievalRequest, size: number): void {
  if (size > request.limits.maxBytes) throw tooLarge(request, size);
}
