import { toDer } from '../asn1/codec.ts';
import { bytesEqual } from '../base/bytes.ts';
import { crlIdentity, readCrl, type Crl } from '../revocation/crl.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { certificateListDer } from '../x509/certificate-list.ts';
import { Name } from '../x509/name.ts';
import { listConfiguredCrls } from './configured-crls.ts';
import type { IpsecTrust } from './ipsec-trust.ts';

/** A value of a VICI message has a length of two octets. Charon fetches larger CRLs by itself. */
const MAX_CRL_OCTETS = 65_535;

/**
 * Find the CRLs for a charon: those verified and held here that are of a CA by which a peer is judged, or are named for
 * that. Charon takes a complete CRL for all that its issuer says, so deltas and parts are left out.
 *
 * @returns DER of each, once
 */
export async function crlsForIke(
  store: Store,
  trust: Pick<IpsecTrust, 'anchors' | 'intermediates' | 'crls'>,
): Promise<readonly Uint8Array[]> {
  const { heldCrls, crlSources } = store;
  const found = new Map<string, Uint8Array>();
  const all = cas(trust);
  for (const { tbsCertificate } of all) {
    for (const { identity } of await heldCrls.ofIssuer(toDer(Name, tbsCertificate.subject))) {
      const crl = await wholeCrl(store, identity);
      // Others have a CA of that name, too.
      if (crl && all.some((ca) => crlIdentity(crl, ca) === identity))
        found.set(identity, crlDer(crl));
    }
  }
  const configured = trust.crls.length === 0 ? [] : await listConfiguredCrls(store);
  for (const { name, url } of configured) {
    if (!trust.crls.includes(name)) continue;
    const identity = (await crlSources.get(url))?.identity;
    const crl = identity === undefined ? undefined : await wholeCrl(store, identity);
    if (identity !== undefined && crl) found.set(identity, crlDer(crl));
  }
  return [...found.values()];
}

/** Get one that is complete, and of all its issuer's certificates: charon 5.9.8 looks at no scope. */
async function wholeCrl({ heldCrls }: Store, identity: string): Promise<Crl | undefined> {
  const held = await heldCrls.get(identity);
  if (held === undefined || held.octets > MAX_CRL_OCTETS) return undefined;
  const reading = readCrl(held.der);
  if (reading.type !== 'crl') return undefined;
  const { scope, baseCrlNumber, unprocessed } = reading.crl;
  const isPart = scope !== undefined || baseCrlNumber !== undefined || unprocessed !== undefined;
  return isPart ? undefined : reading.crl;
}

function crlDer({ list }: Crl): Uint8Array {
  return certificateListDer(list);
}

/** Every CA by which a peer is judged, anchors first. */
export function cas({
  anchors,
  intermediates,
}: Pick<IpsecTrust, 'anchors' | 'intermediates'>): readonly Certificate[] {
  return [...anchors, ...intermediates];
}

/** Tell whether octets are among others. */
export function isAmong(octets: Uint8Array, others: readonly Uint8Array[]): boolean {
  return others.some((other) => bytesEqual(other, octets));
}
