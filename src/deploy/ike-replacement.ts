import type { IkeAssociation, IkeAttempt, IkeConnection, IkeDaemon } from './ike-daemon.ts';

/** As long as authenticating may take with a CRL or an OCSP responder that is slow; usually it is 50 ms. */
const defaultPatienceMs = 15_000;

/** What became of the IKE_SAs of a connection that was loaded anew. */
export type Replacement =
  /** There was none. */
  | { readonly type: 'none' }
  /** They were ended once another stood. */
  | { readonly type: 'replaced'; readonly ended: number }
  /** They were set up with the very settings that are loaded. */
  | { readonly type: 'current' }
  /** No other came up: they stand as they stood. In charon's words. */
  | { readonly type: 'kept'; readonly why: string };

/** How long another is waited for. */
export interface ReplacementOptions {
  /** For each child. */
  readonly patienceMs?: number;
  /** Ends it between two children; the daemon's own ends it at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Have the traffic of a connection go over an IKE_SA that was set up with what is loaded now.
 *
 * Charon re-authenticates an IKE_SA with the settings it was set up with, hence with the former certificate. So another is
 * set up beside it, and the former is ended after that: the traffic goes over the newest, and nothing is lost.
 *
 * @param connection as it was loaded; it needs an address to call
 * @throws {CertError} DELIVERY_FAILED; the reason of the signal
 */
export async function replaceAssociations(
  daemon: Pick<IkeDaemon, 'associations' | 'establish' | 'terminate'>,
  connection: Pick<IkeConnection, 'name' | 'children'>,
  { patienceMs = defaultPatienceMs, signal }: ReplacementOptions = {},
): Promise<Replacement> {
  const { name } = connection;
  const former = await standing(daemon, name);
  if (former.length === 0) return { type: 'none' };

  const formerIds = new Set(former.map(({ id }) => id));
  const used = new Set<string>();
  for (const child of childrenOf(former, connection)) {
    signal?.throwIfAborted();
    const attempt = await daemon.establish(name, child, patienceMs);
    for (const id of attempt.ids) used.add(id);
    // Of an IKE_SA without children that stands already charon says nothing at all.
    if (child === undefined && attempt.ids.length === 0) return { type: 'current' };
    const isThere = attempt.ids.length > 0 && attempt.ids.every((id) => formerIds.has(id));
    if (attempt.isUp || isThere) continue;
    // What was begun would come up some day, and stand beside the former.
    for (const id of used) if (!formerIds.has(id)) await daemon.terminate({ id });
    return { type: 'kept', why: reasonOf(attempt) };
  }

  // One that got new keys meanwhile has another id, and still the former certificate.
  const isAnother = [...used].some((id) => !formerIds.has(id));
  const now = isAnother ? await standing(daemon, name) : [];
  const obsolete = unique([...former, ...now]).filter(({ id }) => !used.has(id));
  // A peer may have ended them already: one that has but one IKE_SA with each does.
  for (const { id } of obsolete) await daemon.terminate({ id });
  return obsolete.length === 0 ? { type: 'current' } : { type: 'replaced', ended: obsolete.length };
}

/** Tell whether an IKE_SA stands; also one that is getting new keys: what comes of it has the certificate it has. */
export function isStanding({ state }: Pick<IkeAssociation, 'state'>): boolean {
  return state === 'ESTABLISHED' || state === 'REKEYING';
}

async function standing(
  daemon: Pick<IkeDaemon, 'associations'>,
  name: string,
): Promise<readonly IkeAssociation[]> {
  const there = await daemon.associations(name);
  return there.filter(isStanding);
}

function unique(associations: readonly IkeAssociation[]): readonly IkeAssociation[] {
  return [...new Map(associations.map((each) => [each.id, each])).values()];
}

/** One that did not stand, as its peer refuses it, must not keep the others where they are. */
function childrenOf(
  former: readonly IkeAssociation[],
  { children }: Pick<IkeConnection, 'children'>,
): readonly (string | undefined)[] {
  const stood = new Set(former.flatMap((sa) => sa.children.map((child) => child.name)));
  const names = children.map(({ name }) => name).filter((name) => stood.has(name));
  return names.length === 0 ? [undefined] : names;
}

/** What charon says where something is wrong, in the words of 5.9. */
const aboutTrouble =
  /revoked|invalid|expired|stale|fail|error|refus|reject|unable|unacceptable|mismatch|missing|not |no /i;

/** What went wrong in an attempt, by the last that charon said about trouble; by all of its last lines where it said none. */
export function reasonOf({ log }: IkeAttempt): string {
  const lines = log.map((line) => line.trim());
  const telling = lines.filter((line) => aboutTrouble.test(line) && !aboutPackets.test(line));
  return (telling.length === 0 ? lines : telling).slice(-maxReasons).join('; ');
}

/** The very last says no more than that it failed. */
const maxReasons = 4;

const aboutPackets = /^(?:sending|received) packet|^(?:generating|parsed|retransmit) /;
