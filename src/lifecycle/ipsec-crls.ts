import { bytesEqual } from '../base/bytes.ts';
import { maxValueOctets } from '../deploy/vici-message.ts';
import { maySignCrls } from '../revocation/crl-signer.ts';
import { readCrl, wholeCrlIdentity } from '../revocation/crl.ts';
import type { Store } from '../store/store.ts';
import type { HeldCrl, HeldCrlSummary } from '../store/validation-contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { listConfiguredCrls } from './configured-crls.ts';
import type { IpsecTrust } from './ipsec-trust.ts';

/** Who is looked for. */
type JudgingCas = Pick<IpsecTrust, 'anchors' | 'intermediates'>;

/** A CRL of a CA by which peers are judged. */
export interface CrlOfCa {
  readonly ca: Certificate;
  readonly held: HeldCrlSummary;
}

/**
 * Find the CRLs that go into a charon: those verified and held here that are of a CA by which its peers are judged, or are
 * named for that, and no larger than it takes. Charon takes a complete CRL for all that its issuer says, so deltas and
 * parts are left out.
 *
 * @returns DER of each, once
 */
export async function crlsForIke(
  store: Store,
  trusts: readonly (JudgingCas & Pick<IpsecTrust, 'crls'>)[],
): Promise<readonly Uint8Array[]> {
  const { heldCrls } = store;
  const held = await heldCrls.list();
  const identities = [
    ...trusts.flatMap((trust) => ofCas(held, trust)).map((each) => each.held.identity),
    ...(await configuredIdentities(
      store,
      trusts.flatMap(({ crls }) => crls),
    )),
  ];
  // Larger ones are fetched by charon, from us if that is set up.
  const small = held.filter(({ octets }) => octets <= maxValueOctets);
  const found: Uint8Array[] = [];
  for (const identity of new Set(identities)) {
    if (!small.some((each) => each.identity === identity)) continue;
    const crl = await heldCrls.get(identity);
    if (crl && isWhole(crl)) found.push(crl.der);
  }
  return found;
}

/**
 * Find the CRLs that are held of the CAs by which a peer is judged: signed by such a CA itself, and not by another of that
 * name nor by somebody who signs for it, and about all it has issued. They are not read.
 */
export async function crlsOfCas(
  { heldCrls }: Pick<Store, 'heldCrls'>,
  trust: JudgingCas,
): Promise<readonly CrlOfCa[]> {
  return ofCas(await heldCrls.list(), trust);
}

function ofCas(all: readonly HeldCrlSummary[], trust: JudgingCas): readonly CrlOfCa[] {
  return cas(trust)
    .filter(maySignCrls)
    .flatMap((ca) => {
      const identity = wholeCrlIdentity(ca);
      const held = all.find((each) => each.identity === identity);
      return held === undefined ? [] : [{ ca, held }];
    });
}

/** Find what came last from the places of configured CRLs. */
export async function configuredIdentities(
  store: Store,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const identities: string[] = [];
  for (const { name, url } of await listConfiguredCrls(store)) {
    const identity = names.includes(name) ? (await store.crlSources.get(url))?.identity : undefined;
    if (identity !== undefined) identities.push(identity);
  }
  return identities;
}

/** Tell whether it is complete, and of all its issuer's certificates: charon 5.9.8 looks at no scope. */
export function isWhole({ der }: Pick<HeldCrl, 'der'>): boolean {
  const reading = readCrl(der);
  if (reading.type !== 'crl') return false;
  const { scope, baseCrlNumber, unprocessed } = reading.crl;
  return scope === undefined && baseCrlNumber === undefined && unprocessed === undefined;
}

/** Every CA by which a peer is judged, anchors first. */
export function cas({ anchors, intermediates }: JudgingCas): readonly Certificate[] {
  return [...anchors, ...intermediates];
}

/** Tell whether octets are among others. */
export function isAmong(octets: Uint8Array, others: readonly Uint8Array[]): boolean {
  return others.some((other) => bytesEqual(other, octets));
}
