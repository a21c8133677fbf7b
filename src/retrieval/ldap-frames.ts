import { broken, tooLarge } from './failure.ts';
import type { RetrievalRequest } from './retriever.ts';

/** What answers may have beside the value: DNs, names, and an error text. */
const MAX_FRAME_OCTETS = 65_536;

/** The first octet of every LDAPMessage: SEQUENCE (RFC 4511 section 4.1.1). */
const SEQUENCE = 0x30;

/** Most octets a length has: four of them, and one that says so. */
const MAX_LENGTH_OCTETS = 5;

/** Cuts what comes into messages. */
export interface LdapFrames {
  /**
   * Add what came, and take the messages that are complete now, one by one.
   *
   * @throws {CertError} RESPONSE_TOO_LARGE; NETWORK_UNREACHABLE: this is not LDAP
   */
  add(chunk: Uint8Array): Generator<Uint8Array, void>;
}

/**
 * Begin to cut. Of one message no more is held than it says it has, and of all together no more is taken than the value
 * may have and what goes with it: the library by itself would take anything, and not survive many messages at once.
 */
export function cutFrames(request: RetrievalRequest): LdapFrames {
  const { url, limits } = request;
  const most = limits.maxBytes + MAX_FRAME_OCTETS;
  let total = 0;
  /** Tag and length, until they are complete. */
  let header: number[] = [];
  let frame: Uint8Array | undefined;
  let filled = 0;

  function begin(octet: number): void {
    header.push(octet);
    if (header[0] !== SEQUENCE) throw broken(url, 'what answers does not speak LDAP');
    const length = lengthIn(header.slice(1));
    if (length === 'invalid') throw broken(url, 'what answers does not speak LDAP');
    if (length === 'more') return;
    if (header.length + length > most) throw tooLarge(request);
    frame = new Uint8Array(header.length + length);
    frame.set(header);
    filled = header.length;
    header = [];
  }

  return {
    *add(chunk) {
      total += chunk.length;
      if (total > most) throw tooLarge(request);
      for (let at = 0; at < chunk.length;) {
        if (frame === undefined) {
          begin(chunk[at] ?? 0);
          at += 1;
        } else {
          const part = chunk.subarray(at, at + frame.length - filled);
          frame.set(part, filled);
          filled += part.length;
          at += part.length;
        }
        if (frame !== undefined && filled === frame.length) {
          const whole = frame;
          frame = undefined;
          yield whole;
        }
      }
    },
  };
}

/** Read a length of BER, which is definite in LDAP (RFC 4511 section 5.1). */
function lengthIn([first, ...others]: readonly number[]): number | 'more' | 'invalid' {
  if (first === undefined) return 'more';
  if (first < 0x80) return first;
  const count = first - 0x80;
  if (count === 0 || count >= MAX_LENGTH_OCTETS) return 'invalid';
  return others.length < count ? 'more' : others.reduce((sum, octet) => sum * 256 + octet, 0);
}
