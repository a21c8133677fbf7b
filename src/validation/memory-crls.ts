import { bytesEqual, toHex } from '../base/bytes.ts';
import { isNewer } from '../revocation/crl.ts';
import type { Store } from '../store/store.ts';
import type { CrlSource, HeldCrl, HeldCrlSummary } from '../store/validation-contract.ts';

/** What holding CRLs needs of a store. */
export type CrlStore = Pick<Store, 'heldCrls' | 'crlSources' | 'crls'>;

/** Places that are remembered: each gave a CRL that a CA of ours has signed, and of those there are few. */
const MAX_SOURCES = 4096;

/** As many as a store holds: the largest public CAs have some hundred parts. */
const MAX_HELD = 1024;

/** What a CRL takes beside its octets. */
const HELD_OCTETS = 1024;

/**
 * Make a shelf for CRLs that is gone with its process, for judging without a store. What is unused for longest is
 * forgotten when there is no room; then nothing keeps an older CRL of the same place away any more.
 *
 * @param limit in octets, of all CRLs
 */
export function memoryCrls(limit: number): CrlStore {
  // A Map iterates in the order of insertion, so the first is the one unused for longest.
  const kept = new Map<string, HeldCrl>();
  const room = (): number =>
    limit - [...kept.values()].reduce((sum, { octets }) => sum + octets + HELD_OCTETS, 0);
  const sources = new Map<string, CrlSource>();
  const all = (): readonly HeldCrlSummary[] =>
    [...kept.values()].map(withoutDer).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const byUrl = (): readonly CrlSource[] =>
    [...sources.values()].toSorted((a, b) => (a.url < b.url ? -1 : 1));
  const timed = (): readonly (CrlSource & { readonly nextAt: Date })[] =>
    byUrl()
      .flatMap((source) => (source.nextAt ? [{ ...source, nextAt: source.nextAt }] : []))
      .toSorted((a, b) => a.nextAt.getTime() - b.nextAt.getTime());
  return {
    heldCrls: {
      async put(crl) {
        const { identity, der } = crl;
        const before = kept.get(identity);
        const isSame = before !== undefined && bytesEqual(before.der, der);
        if (before && !isSame && !isNewer(crl, before)) return 'older';
        kept.delete(identity);
        kept.set(
          identity,
          isSame
            ? { ...before, fetchedAt: crl.fetchedAt }
            : { ...crl, octets: der.length, der: Uint8Array.from(der) },
        );
        for (const oldest of kept.keys()) {
          if (kept.size <= MAX_HELD && room() >= 0) break;
          kept.delete(oldest);
        }
        return isSame ? 'same' : 'held';
      },
      list: async () => all(),
      ofIssuer: async (issuer) => all().filter((held) => bytesEqual(held.issuer, issuer)),
      async get(identity) {
        const held = kept.get(identity);
        if (!held) return undefined;
        kept.delete(identity);
        kept.set(identity, held);
        return { ...held, der: Uint8Array.from(held.der) };
      },
      remove: async (identity) => kept.delete(identity),
    },
    crlSources: {
      list: async () => byUrl(),
      get: async (url) => sources.get(url),
      due: async (now, most) =>
        timed()
          .filter(({ nextAt }) => nextAt <= now)
          .slice(0, most),
      nextAt: async () => timed()[0]?.nextAt,
      async put(source) {
        sources.delete(source.url);
        sources.set(source.url, source);
        const [oldest] = sources.keys();
        if (sources.size > MAX_SOURCES && oldest !== undefined) sources.delete(oldest);
      },
      remove: async (url) => sources.delete(url),
    },
    // There are no CA profiles without a store.
    crls: { put: async () => false, get: async () => undefined, list: async () => [] },
  };
}

function withoutDer({ der: _der, ...summary }: HeldCrl): HeldCrlSummary {
  return summary;
}

function sortKey({ issuer, identity }: HeldCrlSummary): string {
  return `${toHex(issuer)} ${identity}`;
}
