import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { HeldStaple, Staples } from '../store/staples-contract.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../x509/ocsp-response.ts';
import { isShown } from './decide.ts';
import { keyOf } from './responder-question.ts';

/** Finds what is held by what clients ask for. */
export interface ShownResponses {
  /** @param key of a CertID, see `keyOf` @returns undefined when there is none that may be shown now */
  find(key: string): Promise<HeldStaple | undefined>;
}

/** What is in the store is looked at again after this long, when somebody asks: another process may have refreshed it. */
const LOOK_MS = 1000;

/** Make what finds the responses that are held for our own certificates, by the CertIDs they speak of. */
export function shownResponses(
  staples: Pick<Staples, 'list'>,
  clock: Pick<Clock, 'now'>,
): ShownResponses {
  let byKey: ReadonlyMap<string, HeldStaple> = new Map();
  /** Of what was read before, by certificate: most is what it was. */
  let before: ReadonlyMap<string, Read> = new Map();
  let lookedAt: number | undefined;
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const next = new Map<string, Read>();
    for (const { certificate, held } of await staples.list()) {
      if (held === undefined) continue;
      const known = before.get(certificate);
      const isKnown = known !== undefined && bytesEqual(known.held.der, held.der);
      next.set(certificate, { held, keys: isKnown ? known.keys : keysIn(held.der) });
    }
    before = next;
    byKey = new Map([...next.values()].flatMap(({ held, keys }) => keys.map((key) => [key, held])));
    lookedAt = clock.now().getTime();
  };
  return {
    async find(key) {
      const age = clock.now().getTime() - (lookedAt ?? -Infinity);
      if (age < 0 || age >= LOOK_MS) {
        looking ??= look().finally(() => {
          looking = undefined;
        });
        await looking;
      }
      const held = byKey.get(key);
      return isShown(held, clock.now()) ? held : undefined;
    },
  };
}

interface Read {
  readonly held: HeldStaple;
  readonly keys: readonly string[];
}

/**
 * It was verified before it was kept: here it is only read. What it says of other certificates was not, may have ended or
 * been overruled since, and would go to whoever asks about those: then it is given to nobody.
 */
function keysIn(der: Uint8Array): readonly string[] {
  const { responseBytes } = decodeOcspResponse(der);
  if (responseBytes === undefined) return [];
  const { responses } = decodeBasicOcspResponse(responseBytes.response).tbsResponseData;
  const serials = new Set(responses.map(({ certID }) => certID.serialNumber));
  return serials.size > 1 ? [] : responses.flatMap(({ certID }) => keyOf(certID) ?? []);
}
