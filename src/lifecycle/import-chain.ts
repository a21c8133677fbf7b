import type { Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { formatName, quoteName } from '../x509/name-text.ts';
import { knownIssuers } from './build-chain.ts';
import { isSame, orderChain } from './issuer-chain.ts';

/** What stands above a certificate that comes from outside. */
export interface ImportedChain {
  /** Issuers to store, nearest first. */
  readonly chain: readonly Certificate[];
  /** What came along and is not in it. */
  readonly others: readonly Certificate[];
  /** Name of the issuer that is not here, for messages; absent when the chain is complete. */
  readonly missing?: string;
  /** The same name as it is shown, without quotes. */
  readonly missingName?: string;
}

/**
 * Order what came with a certificate, and complete it from the CA certificates that are here. Complete is a chain that
 * ends at an anchor of the CA profile named, at a self-signed certificate or, where the issuer of that is nowhere, at
 * one of the local CA store. Of what was here, the end itself is left out: a chain goes up to it.
 *
 * @param ca label of the CA profile whose anchors count
 */
export async function importedChain(
  store: Store,
  leaf: Certificate,
  certificates: readonly Certificate[],
  ca: Label | undefined,
): Promise<ImportedChain> {
  const { anchors, local, ofProfiles } = await knownIssuers(store, ca);
  const whole = orderChain(leaf, [...certificates, ...local, ...ofProfiles], anchors);
  const last = whole.chain.at(-1) ?? leaf;
  const isEndGiven = whole.end === 'open' || isFrom(certificates, last);
  const isComplete = whole.end !== 'open' || isFrom(local, last);
  return {
    chain: isEndGiven ? whole.chain : whole.chain.slice(0, -1),
    others: whole.others.filter((each) => isFrom(certificates, each)),
    ...(!isComplete && {
      missing: quoteName(last.tbsCertificate.issuer),
      missingName: formatName(last.tbsCertificate.issuer),
    }),
  };
}

function isFrom(source: readonly Certificate[], each: Certificate): boolean {
  return source.some((one) => isSame(one, each));
}
