import type { Label } from '../base/label.ts';
import { anchorsAskedFor } from '../revocation/anchor-hashes.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import type { LifecycleContext } from './context.ts';
import { orderChain } from './issuer-chain.ts';
import { chainLimit } from './setting-keys.ts';
import { storedCertificate } from './stored-certificate.ts';

/** Issuers that are sent or delivered with a certificate unless the setting says otherwise: a PKI in use has one or two. */
export const DEFAULT_CHAIN_LIMIT = 4;

/** CA certificates that are here, for completing chains. */
export interface KnownIssuers {
  /** Anchors of the CA profile asked for: a chain stops there. */
  readonly anchors: readonly Certificate[];
  /** The local CA store: complete is a chain that reaches one of these, trusted is none. */
  readonly local: readonly Certificate[];
  /** What CA profiles have, anchors and intermediates, those of the one asked for first. */
  readonly ofProfiles: readonly Certificate[];
}

/**
 * Gather the CA certificates that are here.
 *
 * @param ca label of the CA profile whose anchors end a chain, if there is such a profile
 */
export async function knownIssuers(store: Store, ca?: Label): Promise<KnownIssuers> {
  const profiles = (await store.authorities.list()).toSorted(
    (a, b) => Number(b.label === ca) - Number(a.label === ca),
  );
  const [own] = profiles.filter(({ label }) => label === ca);
  return {
    anchors: own === undefined ? [] : decoded(own.roots, own.label),
    local: await localCaCertificates(store),
    ofProfiles: profiles.flatMap(({ label, intermediates, roots }) =>
      decoded([...intermediates, ...roots], label),
    ),
  };
}

function decoded(ders: readonly Uint8Array[], label: Label): readonly Certificate[] {
  return ders.map((der) => storedCertificate(der, `CA "${label}"`));
}

/** Read the local CA store. That a certificate is in it makes no anchor of it. */
export async function localCaCertificates({
  caCertificates,
}: Store): Promise<readonly Certificate[]> {
  const records = await caCertificates.list();
  return records.map(({ der, label }) => storedCertificate(der, `the CA label "${label}"`));
}

/**
 * Give the issuers that go along with a certificate, nearest first: to whom a request is sent, into files, into exports.
 * They are ordered by signature, and what is missing in between is taken from the CA profiles and the local CA store. They
 * stop below the anchor, which whoever trusts it has, and are as many as the setting `chain-limit` lets.
 *
 * @param askedFor hashes of the anchors of whoever asks, as a certificate request payload of IKE has them: they stop below
 *   one of these if they lead there, and are as ever if they do not
 * @returns DER of each
 */
export async function chainToSend(
  { store, log }: Pick<LifecycleContext, 'store' | 'log'>,
  record: Pick<CertificateRecord, 'name' | 'der' | 'chain' | 'ca'>,
  askedFor: Uint8Array = new Uint8Array(),
): Promise<readonly Uint8Array[]> {
  const { name } = record;
  const { anchors, local, ofProfiles } = await knownIssuers(store, record.ca);
  const own = record.chain.map((der) => storedCertificate(der, `"${name}"`));
  const certificate = storedCertificate(record.der, `"${name}"`);
  const known = [...own, ...local, ...ofProfiles];
  const asked = anchorsAskedFor(known, askedFor);
  const toAsked = asked.length > 0 ? orderChain(certificate, known, asked) : undefined;
  const { chain, end } =
    toAsked?.end === 'anchor' ? toAsked : orderChain(certificate, known, anchors);
  // P8: whoever trusts an anchor has it, and nobody trusts it for our sending it.
  const below = end === 'open' ? chain : chain.slice(0, -1);
  const limit = await readChainLimit(store);
  if (below.length > limit) {
    log.warn(
      `of ${below.length} issuers of "${name}" only ${limit} go along with it (cert chain-limit)`,
    );
  }
  return below.slice(0, limit).map(certificateDer);
}

/** Read the setting: how many issuers go along with a certificate. */
export async function readChainLimit({ settings }: Store): Promise<number> {
  const text = await settings.get(chainLimit);
  return text === undefined ? DEFAULT_CHAIN_LIMIT : Number(text);
}
