import type { Label } from '../base/label.ts';
import { isShown } from '../ocsp-staple/decide.ts';
import { askAt } from '../ocsp-staple/due.ts';
import type { KeptStaple } from '../store/staples-contract.ts';
import { alone } from './alone.ts';
import type { LifecycleContext } from './context.ts';
import { tellEndpoint, type EndpointReport } from './staple-endpoint.ts';
import { refreshStaple } from './staple-fetch.ts';
import { readStapling, stapleHash, type StapledRecord, type Stapling } from './staple-versions.ts';

/** What became of the staples of a name. */
export interface StapleReport {
  readonly staples: readonly KeptStaple[];
  readonly endpoints: readonly EndpointReport[];
  /** A certificate that waited for it has its staple: it can be delivered now. */
  readonly freesDelivery: boolean;
}

/** How it is done. */
export interface StapleOptions {
  /** Ask although it is not due, tell endpoints again, and let good follow revoked: a person wants to know now. */
  readonly byHand?: boolean;
}

/**
 * Do what is due about the staples of a name: ask, keep, and tell every endpoint. One answer serves all of them.
 *
 * @throws {CertError} IN_PROGRESS, and what the store throws; responders and endpoints that fail are in the report
 * @throws the reason of the context's signal, when that is aborted
 */
export async function stapleCertificate(
  context: LifecycleContext,
  name: Label,
  options: StapleOptions = {},
): Promise<StapleReport> {
  return alone(context, name, 0, (held) => stapleHeld(held, name, options));
}

/** The same, for whoever works on the name already. */
export async function stapleHeld(
  context: LifecycleContext,
  name: Label,
  { byHand = false }: StapleOptions = {},
): Promise<StapleReport> {
  const { store } = context;
  const stapling = await readStapling(store, name);
  if (stapling === undefined) return { staples: [], endpoints: [], freesDelivery: false };
  const asked = new Map<string, StapledRecord>();
  for (const version of stapling.versions) {
    asked.set(version.certificate, await askedFor(context, version, byHand));
  }
  // What came may be what a listener has waited for with a new certificate.
  const after = (await readStapling(store, name)) ?? stapling;
  const endpoints: EndpointReport[] = [];
  for (const endpoint of after.endpoints) {
    endpoints.push(await tellEndpoint(context, endpoint, { isAgain: byHand }));
  }
  await store.staples.keepOnly(
    name,
    after.versions.map(({ certificate }) => certificate),
  );
  const staples = [...asked.values()].flatMap(({ kept }) => (kept ? [kept] : []));
  return { staples, endpoints, freesDelivery: await freesDelivery(context, stapling, asked) };
}

/** See whether the current certificate has a staple now, and had none before. */
async function freesDelivery(
  { store, clock }: LifecycleContext,
  { versions: [current] }: Stapling,
  asked: ReadonlyMap<string, StapledRecord>,
): Promise<boolean> {
  if (current === undefined || isShown(current.kept?.held, clock.now())) return false;
  if (!isShown(asked.get(current.certificate)?.kept?.held, clock.now())) return false;
  const pending = await store.certificates.pendingDelivery(current.record.name);
  return pending.some(({ id }) => id === current.record.id);
}

/** Ask for a version, if it is time to. */
export async function askedFor(
  context: LifecycleContext,
  version: StapledRecord,
  byHand = false,
): Promise<StapledRecord> {
  const now = context.clock.now();
  if (!byHand && askAt(version.kept, now) > now) return version;
  const { kept: before } = version;
  if (!byHand || !before?.revoked) return withKept(version, await refreshStaple(context, version));
  // Whoever asks by hand has decided that the responder which said revoked may have been wrong.
  const { revoked: _, ...kept } = before;
  return withKept(version, await refreshStaple(context, { ...version, kept }));
}

function withKept({ certificate, record }: StapledRecord, kept: KeptStaple): StapledRecord {
  const staple = kept.held && stapleHash(kept.held.der);
  return { certificate, record, kept, ...(staple !== undefined && { staple }) };
}
