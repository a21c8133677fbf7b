import { fromDer, sourceOf, toDer } from '../asn1/codec.ts';
import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { crlIdentity, readCrl, type Crl } from '../revocation/crl.ts';
import { certificateListDer } from '../x509/certificate-list.ts';
import { Name, nameKey } from '../x509/name.ts';
import type { Store } from '../store/store.ts';
import type { HeldCrlSummary, HeldOutcome } from '../store/validation-contract.ts';
import { byteCache } from './byte-cache.ts';
import type { SignedCrl } from './contract.ts';
import { sizeInMemory } from './crl-file.ts';

/** CRLs that are held, read once and kept in memory as long as there is room. */
export interface CrlShelf {
  /** Those of issuers, by `nameKey`: verified ones, and those that came by way of a CA profile. */
  of(issuers: ReadonlySet<string>): Promise<readonly Crl[]>;
  /** A verified one by its identity. */
  get(identity: string): Promise<Crl | undefined>;
  /** Hold a CRL that was verified, in place of the one of its identity: stored before it is used. */
  put(signed: SignedCrl, fetchedAt: Date): Promise<HeldOutcome>;
}

/** What is held where. */
export interface ShelfContext {
  readonly store: Pick<Store, 'heldCrls' | 'crls'>;
  readonly clock: Clock;
  /** For CRLs in memory, in octets. */
  readonly memoryOctets: number;
}

interface Read {
  readonly crl: Crl;
  /** Of these octets: an identity has others when a newer CRL took the place. */
  readonly version: string;
}

/** The CRL of a CA profile, by what it is found. */
interface OfProfile {
  readonly ca: string;
  readonly issuer: Uint8Array;
  readonly issuerKey: string;
  readonly version: string;
}

/** To list those of CA profiles takes reading all of them; they change when somebody fetches one by command. */
const PROFILES_MS = 60_000;

/** A few times those that are held at the most. */
const MAX_ISSUER_KEYS = 8192;

/** Make it. */
export function crlShelf({ store, clock, memoryOctets }: ShelfContext): CrlShelf {
  const read = byteCache<Read>(memoryOctets);
  const issuerKeys = new Map<string, string>();
  let profiles: { readonly until: number; readonly all: readonly OfProfile[] } | undefined;

  const issuerKeyOf = ({ identity, issuer }: HeldCrlSummary): string => {
    const known = issuerKeys.get(identity) ?? nameKey(fromDer(Name, issuer));
    // Those that are held no more are in there as well.
    if (issuerKeys.size > MAX_ISSUER_KEYS) issuerKeys.clear();
    issuerKeys.set(identity, known);
    return known;
  };
  const open = async (
    key: string,
    version: string,
    fetch: () => Promise<Uint8Array | undefined>,
  ): Promise<Crl | undefined> => {
    const known = read.get(key);
    if (known?.version === version) return known.crl;
    const der = await fetch();
    const reading = der && readCrl(der);
    if (reading?.type !== 'crl') return undefined;
    const { crl } = reading;
    read.set(key, { crl, version }, sizeInMemory(crl));
    return crl;
  };
  const held = async (summary: HeldCrlSummary): Promise<Crl | undefined> =>
    open(
      summary.identity,
      versionOf(summary),
      async () => (await store.heldCrls.get(summary.identity))?.der,
    );
  const ofProfiles = async (): Promise<readonly OfProfile[]> => {
    const now = clock.now().getTime();
    if (!profiles || now >= profiles.until) {
      const all = (await store.crls.list()).map(({ ca, issuer, fetchedAt, thisUpdate }) => ({
        ca,
        issuer,
        issuerKey: nameKey(fromDer(Name, issuer)),
        version: `${thisUpdate.getTime()} ${fetchedAt.getTime()}`,
      }));
      profiles = { until: now + PROFILES_MS, all };
    }
    return profiles.all;
  };

  return {
    async of(issuers) {
      const summaries = await store.heldCrls.list();
      const found = await Promise.all(
        summaries.filter((one) => issuers.has(issuerKeyOf(one))).map(held),
      );
      const profile = (await ofProfiles()).filter(({ issuerKey }) => issuers.has(issuerKey));
      for (const { ca, issuer, version } of profile) {
        const key = `profile ${ca} ${toHex(issuer)}`;
        found.push(await open(key, version, async () => (await store.crls.get(ca, issuer))?.der));
      }
      return found.filter((crl) => crl !== undefined);
    },
    async get(identity) {
      const known = read.get(identity);
      // One look for its octets is as good as one for its summary.
      const record = known ? undefined : await store.heldCrls.get(identity);
      if (record) return await open(identity, versionOf(record), async () => record.der);
      const summaries = known ? await store.heldCrls.list() : [];
      const summary = summaries.find((one) => one.identity === identity);
      return summary && (await held(summary));
    },
    async put({ crl, signer }, fetchedAt) {
      const identity = crlIdentity(crl, signer);
      const { issuer, thisUpdate, nextUpdate, crlNumber, list } = crl;
      const outcome = await store.heldCrls.put({
        identity,
        issuer: sourceOf(issuer) ?? toDer(Name, issuer),
        thisUpdate,
        ...(nextUpdate && { nextUpdate }),
        ...(crlNumber !== undefined && { crlNumber }),
        fetchedAt,
        der: certificateListDer(list),
      });
      if (outcome === 'held') {
        read.set(identity, { crl, version: versionOf(crl) }, sizeInMemory(crl));
      }
      return outcome;
    },
  };
}

/** Of one identity, a CRL gives way only to one with another number or time. */
function versionOf({ thisUpdate, crlNumber }: Pick<Crl, 'thisUpdate' | 'crlNumber'>): string {
  return `${thisUpdate.getTime()} ${crlNumber ?? ''}`;
}
