import { CertError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { IpsecPeer, IpsecRevocation } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isSame, orderChain } from './issuer-chain.ts';
import { validatorOf } from './needed-by.ts';
import { caGroup, localCas } from './trusted-labels.ts';
import { findWords, listWords } from './validation-words.ts';

/** By what an IPsec peer is judged, its own words before those of its policy. */
export interface IpsecTrust {
  /** At least one. */
  readonly anchors: readonly Certificate[];
  /** CAs below these, of the profiles that are named and of the local CA store; trusted in nothing. */
  readonly intermediates: readonly Certificate[];
  readonly revocation: IpsecRevocation;
  /** Name of the OCSP object. */
  readonly ocspObject?: string;
  /** Names of configured CRLs. */
  readonly crls: readonly string[];
  /** Certificates below an anchor at the most, the own one counted. */
  readonly maxChainLength: number;
}

/** A peer, and by what it is judged. */
export interface TrustedPeer {
  readonly peer: IpsecPeer;
  readonly trust: IpsecTrust;
}

/** As `max-chain-length` of a policy. */
export const DEFAULT_IKE_CHAIN_LENGTH = 4;

/** What of a peer says how it is judged. */
export type JudgedPeer = Pick<
  IpsecPeer,
  'name' | 'ca' | 'policy' | 'revocation' | 'ocspObject' | 'crls'
>;

/**
 * Find by what an IPsec peer is judged: the one place that puts together what it says and what its policy says.
 *
 * @throws {CertError} CONFIG_INVALID when its policy is not there, or nobody is named to believe; CA_UNKNOWN
 */
export async function ipsecTrust(store: Store, peer: JudgedPeer): Promise<IpsecTrust> {
  const words = await policyWords(store, peer);
  const { text, texts, number } = readerOf(words);
  const labels = peer.ca.length > 0 ? peer.ca : texts('ca');
  if (labels.length === 0) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot judge IPsec peer "${peer.name}": no CA is named to believe`,
      { hint: 'Add "ca LABEL", or set "ca" of its policy' },
    );
  }
  const groups = [];
  for (const label of labels) groups.push(await caGroup(store, label));
  const anchors = unique(groups.flatMap((group) => group.anchors));
  const named = groups.flatMap((group) => group.intermediates);
  const known = await localCas(store);
  const bundle = [...named, ...known];
  const local = known.filter((each) => orderChain(each, bundle, anchors).end === 'anchor');
  const ocspObject = peer.ocspObject ?? validatorOf(words);
  return {
    anchors,
    intermediates: unique([...named, ...local]).filter(
      (each) => !anchors.some((anchor) => isSame(anchor, each)),
    ),
    revocation: revocationOf(peer, text('revocation')),
    ...(ocspObject !== undefined && { ocspObject }),
    crls: [...new Set([...peer.crls, ...texts('ca-crl')])],
    maxChainLength: number('max-chain-length') ?? DEFAULT_IKE_CHAIN_LENGTH,
  };
}

/**
 * Find by what an IPsec peer is judged that may be set up wrong: of that its deployment complains.
 *
 * @returns undefined where it is
 * @throws {CertError} STORE_…
 */
export async function trustIfAny(store: Store, peer: JudgedPeer): Promise<IpsecTrust | undefined> {
  try {
    return await ipsecTrust(store, peer);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    return undefined;
  }
}

/** Whoever binds an OCSP object wants its word; what else he wants he says. */
function revocationOf(
  { revocation, ocspObject }: JudgedPeer,
  ofPolicy: string | undefined,
): IpsecRevocation {
  if (revocation !== undefined) return revocation;
  if (ocspObject !== undefined) return 'strict';
  return ofPolicy === 'relaxed' || ofPolicy === 'ifuri' ? ofPolicy : 'strict';
}

async function policyWords(store: Store, { name, policy }: JudgedPeer): Promise<SettingWords> {
  if (policy === undefined) return {};
  const words = await findWords(store, 'policy', policy);
  if (words) return words;
  const known = (await listWords(store, 'policy')).map((each) => each.name);
  const meant = suggest(policy, known);
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot judge IPsec peer "${name}": there is no policy "${policy}"`,
    {
      hint:
        meant === undefined ? 'See "certkeeper show crypto policy"' : `Did you mean "${meant}"?`,
    },
  );
}

function unique(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(
    (each, at) => !certificates.slice(0, at).some((other) => isSame(other, each)),
  );
}
