import type { KeptStaple, StapleEndpointRecord } from '../store/staples-contract.ts';
import { isShown } from './decide.ts';
import { MOST_RETRY_MS } from './timing.ts';

/** A version of a certificate that endpoints serve, or are about to. */
export interface VersionInUse {
  /** SHA-256 of its DER, in lower-case hexadecimal. */
  readonly certificate: string;
  readonly kept?: KeptStaple;
  /** SHA-256 of what is held, in lower-case hexadecimal. */
  readonly staple?: string;
}

/** An endpoint, and the version that it serves now. */
export interface EndpointInUse {
  readonly record: StapleEndpointRecord;
  /** Absent where nobody knows, or nothing is deployed there yet. */
  readonly version?: VersionInUse;
}

/** What an endpoint is to be told. */
export type Telling =
  /** It was told already. */
  | { readonly type: 'nothing' }
  /** To serve this from now on; absent: none any more. */
  | { readonly type: 'publish'; readonly staple?: string };

/** Tell what an endpoint is to be told now. */
export function tellingOf({ record, version }: EndpointInUse, now: Date): Telling {
  if (version === undefined) return { type: 'nothing' };
  const { published } = record;
  const { kept, staple } = version;
  const wanted = isShown(kept?.held, now) ? staple : undefined;
  // Where nothing was ever published, nothing is withdrawn.
  const isOfIt = published === undefined || published.certificate === version.certificate;
  if (isOfIt && published?.staple === wanted) return { type: 'nothing' };
  return { type: 'publish', ...(wanted !== undefined && { staple: wanted }) };
}

/**
 * Tell when something is to be done next about the staples of a name: asking, withdrawing, publishing or looking.
 *
 * @returns undefined where there is no endpoint or no certificate
 */
export function stapleDueAt(
  versions: readonly VersionInUse[],
  endpoints: readonly EndpointInUse[],
  now: Date,
): Date | undefined {
  if (endpoints.length === 0) return undefined;
  const moments = [
    ...versions.flatMap(({ kept }) => [askAt(kept, now), endOf(kept, now)]),
    ...endpoints.map((endpoint) => {
      const { failures } = endpoint.record;
      const nextAt = tellAt(endpoint.record, now);
      if (tellingOf(endpoint, now).type === 'nothing') return nextAt;
      return failures === 0 ? now : (nextAt ?? now);
    }),
  ].filter((moment) => moment !== undefined);
  return moments.toSorted((a, b) => a.getTime() - b.getTime())[0];
}

/** What was tried in a future that a wrong clock made is tried now. */
export function askAt(kept: KeptStaple | undefined, now: Date): Date {
  if (kept === undefined) return now;
  return kept.triedAt !== undefined && kept.triedAt > now ? now : kept.nextAt;
}

/** Tell when an endpoint is told again, likewise: whatever failed is tried again within the hour. */
export function tellAt({ nextAt }: StapleEndpointRecord, now: Date): Date | undefined {
  return nextAt !== undefined && nextAt.getTime() > now.getTime() + MOST_RETRY_MS ? now : nextAt;
}

function endOf(kept: KeptStaple | undefined, now: Date): Date | undefined {
  return isShown(kept?.held, now) ? kept?.held?.until : undefined;
}
