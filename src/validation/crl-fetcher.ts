import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { crlIdentity, isNewer, type Crl } from '../revocation/crl.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import { certificateListDer } from '../x509/certificate-list.ts';
import type { Certificate } from '../x509/certificate.ts';
import { nameKey } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import type { RetrievalLimits } from '../retrieval/retriever.ts';
import { byteCache } from './byte-cache.ts';
import type { ValidationEvents } from './contract.ts';
import { readCrlFile, sizeInMemory, type CrlFile } from './crl-file.ts';
import { nextAttempt } from './crl-schedule.ts';
import type { CrlShelf } from './crl-shelf.ts';
import { fetchFailure } from './fetch-failure.ts';
import { singleFlight } from './single-flight.ts';

/** Fetches a file; see `Retriever`. */
export type Fetch = (
  url: string,
  options: { readonly limits: Partial<RetrievalLimits>; readonly signal: AbortSignal },
) => Promise<Uint8Array>;

/** Where a CRL came from that is not held yet. */
export interface CameFrom {
  readonly url: string;
  readonly origin: 'configured' | 'certificate';
  readonly at: Date;
}

/** What fetching needs. */
export interface FetcherContext {
  readonly clock: Clock;
  readonly tell: ValidationEvents;
  readonly shelf: CrlShelf;
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

interface Recent {
  readonly result: CrlFile;
  readonly until: number;
  readonly failures: number;
}

/** What a place gave that is not held, since its signature is nobody's, is not fetched for every peer. */
const AGAIN_MS = 60_000;

/** As much as is read of a CRL at all, see `crlLimits`: the largest of public CAs have some 50 MB. */
const MAX_CRL_OCTETS = 64 * 1024 * 1024;

const FAILURE_OCTETS = 1024;

/** Make it. */
export function crlFetcher(context: FetcherContext): CrlFetcher {
  const { clock, tell, shelf } = context;
  const recent = byteCache<Recent>(context.memoryOctets);
  const flights = singleFlight<CrlFile>();
  const origins = new WeakMap<Crl, CameFrom>();

  const time = (): number => clock.now().getTime();

  const retrieve = async (url: string, by: Fetch, signal: AbortSignal): Promise<CrlFile> => {
    const begun = time();
    let octets = 0;
    let come: number | undefined;
    let file: CrlFile;
    try {
      const limits = { maxBytes: MAX_CRL_OCTETS };
      const body = await by(url, { limits, signal });
      octets = body.length;
      come = time();
      file = readCrlFile(body);
    } catch (error) {
      signal.throwIfAborted();
      file = fetchFailure(error);
    }
    const outcome = file.type === 'crl' ? 'fetched' : file.code;
    const end = time();
    const parseMs = end - (come ?? end);
    const entries = file.type === 'crl' ? file.crl.index.count : 0;
    tell({ type: 'crl-fetch', url, outcome, octets, ms: end - begun, parseMs, entries });
    return file;
  };

  /** What is held is never given up for something older; the same octets are the CRL that is held. */
  const against = async (url: string, crl: Crl): Promise<CrlFile> => {
    const der = certificateListDer(crl.list);
    const same = (await shelf.of(new Set([nameKey(crl.issuer)]))).find((one) =>
      bytesEqual(certificateListDer(one.list), der),
    );
    if (same) return { type: 'crl', crl: same };
    const signer = await context.signerOf(crl);
    // Anybody can make up an old one: nobody is told of those, and they keep nothing newer away.
    const held = signer && (await shelf.get(crlIdentity(crl, signer)));
    if (!held || isNewer(crl, held)) return { type: 'crl', crl };
    tell({ type: 'crl-rollback', url, issuer: quoteName(crl.issuer) });
    return rolledBack;
  };

  const fetchNow: CrlFetcher['fetch'] = async (url, origin, by, signal) =>
    await flights.join(url, signal, async (ending) => {
      const got = await retrieve(url, by, ending);
      const file = got.type === 'crl' ? await against(url, got.crl) : got;
      const at = clock.now();
      if (file.type === 'crl') {
        origins.set(file.crl, { url, origin, at });
        const until = at.getTime() + AGAIN_MS;
        recent.set(url, { result: file, until, failures: 0 }, sizeInMemory(file.crl));
        return file;
      }
      const failures = (recent.get(url)?.failures ?? 0) + 1;
      const until = nextAttempt(url, failures, at).getTime();
      recent.set(url, { result: file, until, failures }, FAILURE_OCTETS + url.length);
      return file;
    });

  return {
    fetchNow,
    async fetch(url, origin, by, signal) {
      const before = recent.get(url);
      if (before && clock.now().getTime() < before.until) return before.result;
      return await fetchNow(url, origin, by, signal);
    },
    cameFrom: (crl) => origins.get(crl),
    forget(url, crl) {
      recent.delete(url);
      origins.delete(crl);
    },
  };
}

const rolledBack: Unavailable = unavailable('too-old', 'the CRL there is older than the one held');
