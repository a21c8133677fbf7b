import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { spread } from '../base/spread.ts';
import { digest } from '../crypto/digest.ts';
import { chainToSend } from '../lifecycle/build-chain.ts';
import { resolvePolicy } from '../lifecycle/validation-policies.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import type { OwnRevocation, OwnWord } from '../store/validation-watch-contract.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type { PeerVerdict, ValidationContext, ValidationPolicy } from '../validation/contract.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';

/** What looking at certificates of ours needs. */
export interface OwnContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly validation: ValidationContext;
  /** As `ownNames` finds them. */
  readonly named: ReadonlyMap<string, readonly string[]>;
}

/** Nobody is asked about a certificate more often, whatever the answer said of its end. */
const leastMs = 3_600_000;

/** A CRL that is good for months may be replaced tomorrow, by one that lists it. */
const mostMs = 86_400_000;

/** Each name at its own moment: what ends at the same time is not asked for in the same second. */
const spreadMs = 600_000;

/** Looked at in one go; what is left is due at the next beat. */
const maxAtOnce = 32;

/**
 * Find out whether certificates of ours are revoked that policies name: by the OCSP and the CRLs of these policies, when
 * the last word ends or a newer CRL is held, but hourly at the most and daily at the least. The word is kept in the store, where the alarms of
 * the name are made from it; a failure to find out keeps the word there was.
 *
 * @throws {CertError} STORE_*
 */
export async function watchOwn(context: OwnContext, signal: AbortSignal): Promise<void> {
  const { store, clock, named } = context;
  const rows = new Map((await store.ownRevocations.list()).map((row) => [row.name, row]));
  for (const name of rows.keys()) {
    if (!named.has(name)) await store.ownRevocations.remove(name);
  }
  const now = clock.now();
  const fetches = (await store.heldCrls.list()).map(({ fetchedAt }) => fetchedAt.getTime());
  const crlsFrom = new Date(Math.max(0, ...fetches));
  let left = maxAtOnce;
  for (const [name, policies] of named) {
    const record = await store.certificates.current(name);
    const row = rows.get(name);
    if (!record) {
      if (row) await store.ownRevocations.remove(name);
      continue;
    }
    const fingerprint = toHex(digest('sha256', record.der));
    const before = row?.fingerprint === fingerprint ? row : undefined;
    if (before && !isDue(before, policies, now, crlsFrom)) continue;
    // The word on its predecessor is none on this one, and must not stand until it is its turn.
    if (row && !before) await store.ownRevocations.remove(name);
    if (left-- <= 0) continue;
    const looked = await lookAt(context, record, { policies, before, fingerprint }, signal);
    if (signal.aborted) return;
    await store.ownRevocations.put(looked);
  }
}

function isDue(
  { checkedAt, nextAt, policy }: OwnRevocation,
  policies: readonly string[],
  now: Date,
  crlsFrom: Date,
): boolean {
  // A CRL is there by now that may list it, and to look it up costs nothing.
  if (crlsFrom > checkedAt && now.getTime() - checkedAt.getTime() >= leastMs) return true;
  // One that is further away was planned by a clock that was set back since.
  const isFar = nextAt.getTime() - now.getTime() > mostMs + spreadMs;
  return nextAt <= now || isFar || !policies.includes(policy);
}

/** What a look begins with. */
interface Looking {
  readonly policies: readonly string[];
  readonly before: OwnRevocation | undefined;
  readonly fingerprint: string;
}

async function lookAt(
  context: OwnContext,
  record: CertificateRecord,
  { policies, before, fingerprint }: Looking,
  signal: AbortSignal,
): Promise<OwnRevocation> {
  const { clock, validation } = context;
  const { name } = record;
  let found: Found | undefined;
  let by = policies[0] ?? '';
  for (const policy of policies) {
    const each = await askBy(context, record, policy, signal);
    if (found && !each.word) continue;
    found = each;
    by = policy;
    if (each.word) break;
  }
  const checkedAt = clock.now();
  const { word, failure } = found ?? {};
  const kept = word ?? before?.word;
  if (word?.status === 'revoked' && before?.word?.status !== 'revoked') {
    validation.tell({
      type: 'own-certificate-revoked',
      name,
      reason: word.reason ?? 'unspecified',
    });
  }
  return {
    name,
    fingerprint,
    policy: by,
    checkedAt,
    nextAt: nextLook(name, word, checkedAt),
    ...(kept && { word: kept }),
    ...(failure && { failure }),
  };
}

function nextLook(name: string, word: OwnWord | undefined, at: Date): Date {
  const ends = word?.nextUpdate ? word.nextUpdate.getTime() - at.getTime() : leastMs;
  const ms = Math.min(mostMs, Math.max(leastMs, ends));
  return new Date(at.getTime() + ms + Math.floor(spread(name) * spreadMs));
}

/** What one policy makes of a certificate. */
interface Found {
  readonly word?: OwnWord;
  readonly failure?: { readonly code: string; readonly text: string };
}

async function askBy(
  { store, clock, validation }: OwnContext,
  record: CertificateRecord,
  name: string,
  signal: AbortSignal,
): Promise<Found> {
  const { ca, der } = record;
  try {
    const chain = await chainToSend({ store, log: silentLog }, record);
    const { purpose: _, ...policy } = await resolvePolicy(store, { name });
    const profile = ca === undefined ? undefined : await store.authorities.get(ca);
    // Peers may be below other CAs than we are.
    const anchors = [...policy.path.anchors, ...(profile?.roots ?? []).map(decodeCertificate)];
    const judged: ValidationPolicy = { ...policy, path: { ...policy.path, anchors } };
    const quiet: ValidationContext = {
      ...validation,
      // It is no peer: it counts for none, and is told otherwise.
      tell(event) {
        if (event.type !== 'judged' && event.type !== 'peer-revoked') validation.tell(event);
      },
    };
    const verdict = await validatePeer(
      quiet,
      judged,
      { chain: [der, ...chain] },
      clock.now(),
      signal,
    );
    return foundIn(verdict);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    return { failure: { code: error.code, text: error.message } };
  }
}

/** Of a CA above that is revoked peers say the same as of the certificate itself. */
function foundIn({ revocation, path, reasons }: PeerVerdict): Found {
  const depth = revocation.findIndex(({ verdict }) => verdict.type === 'revoked');
  const verdict = revocation[Math.max(0, depth)]?.verdict;
  switch (verdict?.type) {
    case undefined: {
      const [first] = reasons;
      return {
        failure: { code: first?.code ?? 'internal', text: first?.detail ?? 'no word on it' },
      };
    }
    case 'unavailable':
      return { failure: { code: verdict.code, text: verdict.detail } };
    case 'good':
    case 'unknown':
      return { word: { status: verdict.type, ...periodOf(verdict) } };
    case 'revoked': {
      const above = depth > 0 ? path[depth]?.tbsCertificate.subject : undefined;
      return {
        word: {
          status: 'revoked',
          ...periodOf(verdict),
          reason: verdict.reason,
          revokedAt: verdict.revocationDate,
          ...(above && { above: formatName(above) }),
        },
      };
    }
  }
}

function periodOf({
  thisUpdate,
  nextUpdate,
}: Pick<OwnWord, 'thisUpdate' | 'nextUpdate'>): Pick<OwnWord, 'thisUpdate' | 'nextUpdate'> {
  return { thisUpdate, ...(nextUpdate && { nextUpdate }) };
}
