import type { Clock } from '../base/clock.ts';
import { gate } from '../base/gate.ts';
import { crlIdentity, type Crl } from '../revocation/crl.ts';
import { unavailable } from '../revocation/verdict.ts';
import type { Store } from '../store/store.ts';
import type { CrlSource } from '../store/validation-contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import type { ValidationEvent, ValidationEvents } from './contract.ts';
import type { CrlFile } from './crl-file.ts';
import type { CrlFetcher, Fetch } from './crl-fetcher.ts';
import type { CrlPlace } from './crl-places.ts';
import { nextAttempt, nextFetch } from './crl-schedule.ts';
import type { CrlShelf } from './crl-shelf.ts';

/** Fetches configured CRLs again before they end. */
export interface CrlRefresher {
  /**
   * Fetch the configured CRLs whose time has come; those that certificates name wait until somebody needs them. What is
   * held stays until something newer has come that is signed by a CA that is configured.
   *
   * @throws the reason of `signal`, when that is aborted
   */
  refreshDue(signal: AbortSignal): Promise<void>;
  /** When there is something to fetch next; undefined when nothing is configured. */
  nextRefresh(): Promise<Date | undefined>;
}

/** What it stands on. */
export interface RefreshContext {
  readonly store: Pick<Store, 'crlSources'>;
  readonly clock: Clock;
  readonly tell: ValidationEvents;
  configured(): Promise<readonly CrlPlace[]>;
  readonly fetchConfigured: Fetch;
  signerOf(crl: Crl): Promise<Certificate | undefined>;
  readonly shelf: CrlShelf;
  readonly fetcher: CrlFetcher;
}

/** Servers asked at a time. */
const AT_ONCE = 4;

/** Looked at in one go; what is left is due at the next one. */
const MAX_DUE = 64;

/** Make it. */
export function crlRefresher(context: RefreshContext): CrlRefresher {
  const { store, clock, tell, fetcher, shelf } = context;
  const { crlSources } = store;
  const told = new Set<string>();
  let running: Promise<void> | undefined;

  const tellOnce = (which: string, event: ValidationEvent): void => {
    if (told.has(which)) return;
    told.add(which);
    tell(event);
  };

  const tellIfExpired = (url: string, { nextUpdate, issuer }: Crl, now: Date): void => {
    if (!nextUpdate || nextUpdate >= now) return;
    const event = { type: 'crl-expired', url, issuer: quoteName(issuer) } as const;
    tellOnce(`${url} ${nextUpdate.getTime()}`, event);
  };

  const failed = async (row: CrlSource, { code, detail }: Failure): Promise<void> => {
    const { url } = row;
    const now = clock.now();
    const failures = row.failures + 1;
    const nextAt = nextAttempt(url, failures, now);
    await crlSources.put({ ...row, failures, code, error: detail, nextAt });
    const held = row.identity === undefined ? undefined : await shelf.get(row.identity);
    if (held) tellIfExpired(url, held, now);
  };

  const take = async (place: CrlPlace, row: CrlSource, file: CrlFile): Promise<void> => {
    if (file.type === 'unavailable') return await failed(row, file);
    const { crl } = file;
    const signer = await context.signerOf(crl);
    if (!signer) {
      // A peer's path may lead to whoever signed it: it is shown to those, and held when one of them believes it.
      return await failed(row, unavailable('crl-issuer-untrusted', untrusted(crl)));
    }
    const fetchedAt = clock.now();
    if ((await shelf.put({ crl, signer }, fetchedAt)) === 'older') {
      tell({ type: 'crl-rollback', url: place.url, issuer: quoteName(crl.issuer) });
      return await failed(row, unavailable('too-old', 'the CRL there is older than the one held'));
    }
    const from = fetcher.cameFrom(crl);
    const { format } = place;
    if (format !== undefined && format !== file.form) {
      tellOnce(`${place.url} ${file.form}`, { type: 'crl-form', url: place.url, form: file.form });
    }
    await crlSources.put({
      url: place.url,
      origin: 'configured',
      identity: crlIdentity(crl, signer),
      form: file.form,
      // The same CRL may have come from another place in the meantime.
      ...(from?.url === place.url && from.version),
      fetchedAt,
      failures: 0,
      nextAt: nextFetch({ ...place, ...crl, fetchedAt }),
    });
    fetcher.forget(place.url, crl);
    // Its place still has the one from before.
    tellIfExpired(place.url, crl, fetchedAt);
  };

  const refresh = async (signal: AbortSignal): Promise<void> => {
    const places = new Map((await context.configured()).map((place) => [place.url, place]));
    const now = clock.now();
    for (const url of places.keys()) {
      // One that is new is fetched at once.
      const row = await crlSources.get(url);
      if (row?.origin === 'configured' && row.nextAt) continue;
      await crlSources.put({ failures: 0, ...row, url, origin: 'configured', nextAt: now });
    }
    const few = gate(AT_ONCE);
    const due = await crlSources.due(now, MAX_DUE);
    await Promise.all(
      due.map((row) =>
        few.through(async () => {
          const place = places.get(row.url);
          if (!place) {
            if (row.origin === 'configured') await crlSources.remove(row.url);
            return;
          }
          const file = await fetcher.fetchNow(
            row.url,
            'configured',
            context.fetchConfigured,
            signal,
          );
          await take(place, row, file);
        }),
      ),
    );
  };

  return {
    async refreshDue(signal) {
      signal.throwIfAborted();
      running ??= refresh(signal).finally(() => {
        running = undefined;
      });
      await running;
    },
    nextRefresh: async () => await crlSources.nextAt(),
  };
}

type Failure = Extract<CrlFile, { readonly type: 'unavailable' }>;

function untrusted(crl: Crl): string {
  return `no CA that is configured has signed the CRL of ${quoteName(crl.issuer)}`;
}
