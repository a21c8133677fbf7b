import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { crlIdentity, isNewer, type Crl } from '../revocation/crl.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import { certificateListDer } from '../x509/certificate-list.ts';
import type { Certificate } from '../x509/certificate.ts';
import { nameKey } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import type { FileVersion, RetrievalLimits, RetrievalRequest } from '../retrieval/retriever.ts';
import type { CrlSources } from '../store/validation-contract.ts';
import { byteCache } from './byte-cache.ts';
import type { ValidationEvents } from './contract.ts';
import { newestCrl, readCrlFile, sizeInMemory, type CrlFile, type CrlForm } from './crl-file.ts';
import { nextAttempt } from './crl-schedule.ts';
import type { CrlShelf } from './crl-shelf.ts';
import { fetchFailure } from './fetch-failure.ts';
import { singleFlight } from './single-flight.ts';

/** Fetches a file; see `Retriever`. */
export type Fetch = (
  url: string,
  options: {
    readonly limits: Partial<RetrievalLimits>;
    readonly signal: AbortSignal;
  } & Pick<RetrievalRequest, 'held' | 'noteVersion' | 'choose'>,
) => Promise<Uint8Array>;

/** Where a CRL came from that is not held yet. */
export interface CameFrom {
  readonly url: string;
  readonly origin: 'configured' | 'certificate';
  readonly at: Date;
  readonly form: CrlForm;
  /** How its server called it. */
  readonly version: FileVersion;
}

/** What fetching needs. */
export interface FetcherContext {
  readonly clock: Clock;
  readonly tell: ValidationEvents;
  readonly shelf: CrlShelf;
  readonly store: { readonly crlSources: Pick<CrlSources, 'get'> };
  /** Find the CA that is configured and signed a CRL. */
  signerOf(crl: Crl): Promise<Certificate | undefined>;
  /** For CRLs in memory that are not held, in octets. */
  readonly memoryOctets: number;
}

/** Fetches CRLs, each place once at a time; what came is not verified. */
export interface CrlFetcher {
  /**
   * Fetch, unless it was a moment ago, or a place that fails has its pause. Never throws for what is fetched.
   *
   * @throws the reason of `signal`, when that is aborted
   */
  fetch(url: string, origin: CameFrom['origin'], by: Fetch, signal: AbortSignal): Promise<CrlFile>;
  /** Fetch whatever was before. */
  fetchNow: CrlFetcher['fetch'];
  /** Where a CRL came from that was fetched here. */
  cameFrom(crl: Crl): CameFrom | undefined;
  /** It is held now, or there is one that is newer: where it came from plays no part any more. */
  forget(url: string, crl: Crl): void;
}

type CrlCame = Extract<CrlFile, { readonly type: 'crl' }>;

interface Fetched {
  readonly file: CrlFile;
  readonly version: FileVersion;
}

interface HeldThere extends Omit<CrlCame, 'type'> {
  readonly version: FileVersion;
}

interface Recent {
  readonly result: CrlFile;
  readonly until: number;
  readonly failures: number;
}

/** What a place gave that is not held, since its signature is nobody's, is not fetched for every peer. */
const AGAIN_MS = 60_000;

/** As much as is read of a CRL at all, see `crlLimits`: the largest of public CAs have some 50 MB. */
const MAX_CRL_OCTETS = 64 * 1024 * 1024;

/**
 * What is under way for certificates may have so many octets together: a CA below an anchor chooses the places, eight for
 * each certificate, and all of them may send as much as is taken.
 */
const UNDER_WAY_OCTETS = 512 * 1024 * 1024;

/** There is always room for most CRLs, which have some kilobytes. */
const LEAST_CRL_OCTETS = 1024 * 1024;

/** Half of what is left, so that nobody takes all of it. */
function roomFor(underWay: number): number {
  const half = Math.floor((UNDER_WAY_OCTETS - underWay) / 2);
  return Math.max(LEAST_CRL_OCTETS, Math.min(MAX_CRL_OCTETS, half));
}

const FAILURE_OCTETS = 1024;

/** Make it. */
export function crlFetcher(context: FetcherContext): CrlFetcher {
  const { clock, tell, shelf, store } = context;
  const recent = byteCache<Recent>(context.memoryOctets);
  const flights = singleFlight<CrlFile>();
  let underWay = 0;
  const origins = new WeakMap<Crl, CameFrom>();

  const time = (): number => clock.now().getTime();

  /** What came from a place before, where its server said how it calls that. */
  const heldFrom = async (url: string): Promise<HeldThere | undefined> => {
    const { identity, form = 'der', etag, lastModified } = (await store.crlSources.get(url)) ?? {};
    if (identity === undefined || (etag ?? lastModified) === undefined) return undefined;
    // It may be newer than what came from there; then what is there still is of no use.
    const crl = await shelf.get(identity);
    const version = {
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
    };
    return crl && { crl, form, version };
  };

  const retrieve = async (
    url: string,
    by: Fetch,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Fetched> => {
    const begun = time();
    let version: FileVersion = {};
    let isUnchanged = false;
    let octets = 0;
    let come: number | undefined;
    let file: CrlFile;
    try {
      const limits = { maxBytes };
      const there = await heldFrom(url);
      const held = there && { octets: certificateListDer(there.crl.list), version: there.version };
      const body = await by(url, {
        limits,
        signal,
        choose: (values) => newestCrl(values, clock.now()),
        noteVersion(noted) {
          version = noted;
        },
        ...(held && { held }),
      });
      come = time();
      isUnchanged = body === held?.octets;
      if (there && isUnchanged) {
        ({ version } = there);
        file = { type: 'crl', crl: there.crl, form: there.form };
      } else {
        octets = body.length;
        file = readCrlFile(body);
      }
    } catch (error) {
      signal.throwIfAborted();
      file = fetchFailure(error);
    }
    const outcome = file.type === 'crl' ? (isUnchanged ? 'unchanged' : 'fetched') : file.code;
    const end = time();
    const parseMs = end - (come ?? end);
    const entries = file.type === 'crl' && !isUnchanged ? file.crl.index.count : 0;
    tell({ type: 'crl-fetch', url, outcome, octets, ms: end - begun, parseMs, entries });
    return { file, version };
  };

  /** What is held is never given up for something older; the same octets are the CRL that is held. */
  const against = async (url: string, came: CrlCame): Promise<CrlFile> => {
    const { crl } = came;
    const der = certificateListDer(crl.list);
    const same = (await shelf.of(new Set([nameKey(crl.issuer)]))).find((one) =>
      bytesEqual(certificateListDer(one.list), der),
    );
    if (same) return { ...came, crl: same };
    const signer = await context.signerOf(crl);
    // Anybody can make up an old one: nobody is told of those, and they keep nothing newer away.
    const held = signer && (await shelf.get(crlIdentity(crl, signer)));
    if (!held || isNewer(crl, held)) return came;
    tell({ type: 'crl-rollback', url, issuer: quoteName(crl.issuer) });
    return rolledBack;
  };

  const fetchNow: CrlFetcher['fetch'] = async (url, origin, by, signal) =>
    await flights.join(wayTo(url, origin), signal, async (ending) => {
      const most = origin === 'configured' ? MAX_CRL_OCTETS : roomFor(underWay);
      underWay += most;
      const { file: got, version } = await retrieve(url, by, most, ending).finally(() => {
        underWay -= most;
      });
      const file = got.type === 'crl' ? await against(url, got) : got;
      const at = clock.now();
      const way = wayTo(url, origin);
      if (file.type === 'crl') {
        origins.set(file.crl, { url, origin, at, form: file.form, version });
        const until = at.getTime() + AGAIN_MS;
        recent.set(way, { result: file, until, failures: 0 }, sizeInMemory(file.crl));
        return file;
      }
      // There will be more room for it.
      if (file.code === 'too-large' && most < MAX_CRL_OCTETS) return file;
      const failures = (recent.get(way)?.failures ?? 0) + 1;
      const until = nextAttempt(url, failures, at).getTime();
      recent.set(way, { result: file, until, failures }, FAILURE_OCTETS + way.length);
      return file;
    });

  return {
    fetchNow,
    async fetch(url, origin, by, signal) {
      const before = recent.get(wayTo(url, origin));
      if (before && clock.now().getTime() < before.until) return before.result;
      return await fetchNow(url, origin, by, signal);
    },
    cameFrom: (crl) => origins.get(crl),
    forget(url, crl) {
      for (const origin of ['configured', 'certificate'] as const) {
        recent.delete(wayTo(url, origin));
      }
      origins.delete(crl);
    },
  };
}

/**
 * Who is nobody may be refused where who has a login is not: what becomes of a place that a certificate names says
 * nothing of the same place as an operator has set it up.
 */
function wayTo(url: string, origin: CameFrom['origin']): string {
  return `${origin} ${url}`;
}

const rolledBack: Unavailable = unavailable('too-old', 'the CRL there is older than the one held');
