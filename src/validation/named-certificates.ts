import type { PeerReason, PeerToJudge, ValidationContext, ValidationPolicy } from './contract.ts';
import { MAX_NAMED, type HashAndUrl, type NamedCertificates } from './hash-and-url.ts';
import { unavailable } from '../revocation/verdict.ts';

/** What came of the certificates a peer names. */
export type Named =
  | {
      readonly type: 'named';
      /** DER, in the order in which they were named. */
      readonly certificates: readonly Uint8Array[];
      /** Why some did not come; a path may be found without them. */
      readonly reasons: readonly PeerReason[];
    }
  /** The peer's own did not come, or it names too many. */
  | { readonly type: 'refused'; readonly reasons: readonly PeerReason[] };

/** Fetch the certificates that a peer names in place of sending them, if the policy has it so. */
export async function fetchNamed(
  { certificates: fetcher }: Pick<ValidationContext, 'certificates'>,
  { certHashUrl = false, crls: { hosts } }: ValidationPolicy,
  { chain, hashAndUrl = [] }: PeerToJudge,
  deadline: AbortSignal,
): Promise<Named> {
  if (hashAndUrl.length === 0) return { type: 'named', certificates: [], reasons: [] };
  if (hashAndUrl.length > MAX_NAMED) {
    const detail = `it names ${hashAndUrl.length} files of certificates, ${MAX_NAMED} at the most`;
    return { type: 'refused', reasons: [{ code: 'search-exhausted', detail }] };
  }
  const rules = hosts ? { hosts } : {};
  const fetched = await Promise.all(
    hashAndUrl.map(async (one): Promise<NamedCertificates> =>
      fetcher && certHashUrl ? await fetcher.fetch(one, rules, deadline) : switchedOff,
    ),
  );
  const reasons = fetched.flatMap((got, i) =>
    got.type === 'unavailable' ? [notFetched(hashAndUrl[i], got.detail)] : [],
  );
  const [first] = fetched;
  // The next one is not its own, whatever it is.
  if (chain.length === 0 && first?.type === 'unavailable') return { type: 'refused', reasons };
  const certificates = fetched.flatMap((got) => (got.type === 'fetched' ? got.certificates : []));
  return { type: 'named', certificates, reasons };
}

const switchedOff = unavailable('no-source', 'cert-hash-url of the policy is off');

function notFetched(named: HashAndUrl | undefined, why: string): PeerReason {
  return {
    code: 'certificate-not-fetched',
    detail: `a ${named?.of ?? 'certificate'} it names by hash and URL was not fetched: ${why}`,
  };
}
