import { toHex } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';

/** Who sends, as receivers of version 3 know it: made once, and kept. No two senders may share one. */
export interface SnmpEngine {
  /** Hexadecimal snmpEngineID, 17 octets. */
  readonly engineID: string;
  /** snmpEngineBoots: how often it was started, this time among them. */
  readonly boots: number;
}

/** The enterprise of the library that is the engine (47491), and a format of its own: RFC 3411 section 5. */
const prefix = '8000b98380';

/** RFC 3414 section 2.2.2: at this number an engine has come to its end. */
const maxBoots = 2_147_483_647;

/**
 * Start the engine: the result is stored before the first message is sent. A receiver that has seen a number of
 * boots takes no message with a lower one, and drops it without a word.
 *
 * @param stored of the last start; absent at the first
 */
export function startEngine(stored: SnmpEngine | undefined, random: Random): SnmpEngine {
  if (stored === undefined || stored.boots >= maxBoots - 1)
    return { engineID: `${prefix}${toHex(random.bytes(12))}`, boots: 1 };
  return { engineID: stored.engineID, boots: stored.boots + 1 };
}
