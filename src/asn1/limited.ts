import { CertError } from '../base/errors.ts';
import type { Codec } from './codec.ts';

/**
 * Limit how long a value may be that a peer chooses and we compare, keep or print.
 *
 * @param maxOctets of the whole element, its tag and length included
 * @throws {CertError} LIMIT_EXCEEDED when a longer one is decoded
 */
export function limited<T>(codec: Codec<T>, maxOctets: number): Codec<T> {
  return {
    ...codec,
    decode(reader) {
      const start = reader.position;
      const value = codec.decode(reader);
      const octets = reader.position - start;
      if (octets > maxOctets) {
        throw new CertError(
          'LIMIT_EXCEEDED',
          `Cannot decode ${reader.where}: ${codec.name} of ${octets} octets is longer than the limit of ${maxOctets}`,
        );
      }
      return value;
    },
  };
}
