import type { Clock } from '../base/clock.ts';
import { crlIdentity, type Crl } from '../revocation/crl.ts';
import type { CrlTime } from '../revocation/crl-outcome.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import { nameKey } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import type { CrlKeeper, CrlRules, CrlsFound, ValidationEvents } from './contract.ts';
import { covers, deltaUrls, hasDelta, hasEnded, issuersFor, urlsOf } from './crl-coverage.ts';
import { crlFetcher, type CrlFetcher, type Fetch } from './crl-fetcher.ts';
import { placesOf, type CrlPlace, type Place, type PlaceRules } from './crl-places.ts';
import { crlRefresher, type CrlRefresher } from './crl-refresh.ts';
import { nextFetch } from './crl-schedule.ts';
import { crlShelf, type CrlShelf } from './crl-shelf.ts';

/** What holding CRLs stands on. */
export interface CrlKeeperContext {
  readonly store: Pick<Store, 'heldCrls' | 'crlSources' | 'crls'>;
  readonly clock: Clock;
  readonly tell: ValidationEvents;
  /** Those an operator set up, by name. */
  configured(): Promise<readonly CrlPlace[]>;
  /** Fetch what an operator set up, as the settings of its server say. */
  readonly fetchConfigured: Fetch;
  /** Fetch what a certificate names: as nobody. */
  readonly fetchNamed: Fetch;
  /** Find the CA that is configured and signed a CRL: what comes in the background is held by that. */
  signerOf(crl: Crl): Promise<Certificate | undefined>;
  /** For CRLs in memory, in octets; `defaultMemoryOctets` when absent. */
  readonly memoryOctets?: number;
}

/** Two of the largest with their indexes. */
export const defaultMemoryOctets: number = 128 * 1024 * 1024;

/** Distribution points of one certificate that are gone to: CAs name one, or one for each of a few reasons. */
const MAX_POINTS = 8;

/** What finding needs of a question. */
interface Finding {
  readonly certificate: Certificate;
  readonly rules: CrlRules;
  readonly time: CrlTime;
  readonly signal: AbortSignal;
  believes(crl: Crl): boolean;
  /** What is at hand by now. */
  readonly crls: Set<Crl>;
  readonly failed: { readonly url: string; readonly failure: Unavailable }[];
  /** Whether any place had to be asked. */
  isAsked: boolean;
}

/** Make what fetches and holds CRLs. One is for all policies and peers. */
export function crlKeeper(context: CrlKeeperContext): CrlKeeper & CrlRefresher {
  const { store, clock, tell, signerOf } = context;
  const memoryOctets = context.memoryOctets ?? defaultMemoryOctets;
  const shelf = crlShelf({ store, clock, memoryOctets });
  const fetcher = crlFetcher({ store, clock, tell, shelf, signerOf, memoryOctets });
  const refresher = crlRefresher({ ...context, shelf, fetcher });
  const find = finder(context, shelf, fetcher);
  return {
    ...refresher,
    async find(certificate, points, rules, time, signal, believes) {
      const issuers = issuersFor(certificate, points);
      const crls = new Set((await shelf.of(issuers)).filter(believes));
      const finding: Finding = {
        certificate,
        rules,
        time,
        signal,
        believes,
        crls,
        failed: [],
        isAsked: false,
      };
      try {
        await find.configured(finding, issuers);
        if (rules.fromCertificates) {
          await find.named(finding, points);
          if (rules.useDeltas) await find.deltas(finding);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        finding.failed.push({ url: '', failure: tooLate });
      }
      if (!finding.isAsked && crls.size > 0) tell({ type: 'crl-hit' });
      return { crls: [...crls], failed: finding.failed } satisfies CrlsFound;
    },
    async keep(crls) {
      const configured = await context.configured();
      for (const signed of crls) {
        const { crl, signer } = signed;
        const from = fetcher.cameFrom(crl);
        // The others are held already.
        if (!from) continue;
        const { url, at, form, version } = from;
        const outcome = await shelf.put(signed, at);
        fetcher.forget(url, crl);
        if (outcome === 'older') {
          tell({ type: 'crl-rollback', url, issuer: quoteName(crl.issuer) });
          continue;
        }
        const place = configured.find((one) => one.url === url);
        await store.crlSources.put({
          url,
          origin: place ? 'configured' : 'certificate',
          identity: crlIdentity(crl, signer),
          form,
          ...version,
          fetchedAt: at,
          failures: 0,
          ...(place && { nextAt: nextFetch({ ...place, ...crl, fetchedAt: at }) }),
        });
      }
    },
  };
}

/** Where certificates may send us, as the policy says. */
function placeRules({ rules: { hosts, files = false } }: Finding): PlaceRules {
  return { allowFiles: files, ...(hosts && { hosts }) };
}

function finder(context: CrlKeeperContext, shelf: CrlShelf, fetcher: CrlFetcher) {
  const { store, fetchConfigured, fetchNamed } = context;

  /** What came from a place before and still holds. */
  const heldFrom = async (url: string, { time }: Finding): Promise<Crl | undefined> => {
    const identity = (await store.crlSources.get(url))?.identity;
    const held = identity === undefined ? undefined : await shelf.get(identity);
    return held && !hasEnded(held, time) ? held : undefined;
  };

  /** The first place that has it. @returns whether one had */
  const firstOf = async (places: readonly Place[], finding: Finding): Promise<boolean> => {
    const { crls, failed, signal } = finding;
    for (const place of places) {
      const { url } = place;
      if (place.type === 'refused') {
        failed.push({ url, failure: place.failure });
        continue;
      }
      const there = await heldFrom(url, finding);
      const held = there && finding.believes(there) ? there : undefined;
      finding.isAsked ||= held === undefined;
      const file = held
        ? ({ type: 'crl', crl: held } as const)
        : await fetcher.fetch(url, 'certificate', fetchNamed, signal);
      if (file.type === 'crl') {
        crls.add(file.crl);
        return true;
      }
      failed.push({ url, failure: file });
    }
    return false;
  };

  return {
    async configured(finding: Finding, issuers: ReadonlySet<string>): Promise<void> {
      const { rules, signal, crls, failed } = finding;
      if (rules.configured.length === 0) return;
      const all = await context.configured();
      for (const name of rules.configured) {
        const url = all.find((one) => one.name === name)?.url;
        if (url === undefined) {
          failed.push({
            url: '',
            failure: unavailable('no-source', `CRL "${name}" is not set up`),
          });
          continue;
        }
        const held = await heldFrom(url, finding);
        // Of another issuer it plays no part for this certificate.
        if (held && (!issuers.has(nameKey(held.issuer)) || finding.believes(held))) continue;
        finding.isAsked = true;
        const file = await fetcher.fetch(url, 'configured', fetchConfigured, signal);
        if (file.type !== 'crl') failed.push({ url, failure: file });
        // It counts for the issuer it is of.
        else if (issuers.has(nameKey(file.crl.issuer))) crls.add(file.crl);
      }
    },
    /** Where the certificate says, unless what it would give is at hand. */
    async named(finding: Finding, points: readonly DistributionPoint[]): Promise<void> {
      const { certificate, crls, time, rules } = finding;
      const deltas = deltaUrls(certificate);
      const wanted = points.filter((point) => {
        const isDelta = urlsOf(point).some((url) => deltas.has(url));
        if (isDelta) return rules.useDeltas;
        return ![...crls].some((crl) => covers(crl, certificate, point, time));
      });
      await Promise.all(
        wanted
          .slice(0, MAX_POINTS)
          .map((point) => firstOf(placesOf(point, placeRules(finding)), finding)),
      );
    },
    /** Where complete CRLs say, of those whose word that is: whoever is on the way could have written it otherwise. */
    async deltas(finding: Finding): Promise<void> {
      const all = [...finding.crls];
      for (const crl of all) {
        const { freshestCRL = [] } = crl;
        if (freshestCRL.length === 0 || hasDelta(crl, all, finding.time)) continue;
        if (fetcher.cameFrom(crl) && !(await context.signerOf(crl))) continue;
        for (const point of freshestCRL.slice(0, MAX_POINTS)) {
          await firstOf(placesOf(point, placeRules(finding)), finding);
        }
      }
    },
  };
}

const tooLate = unavailable('timeout', 'the time for this check is over');
