import { toHex } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import type { EndpointInUse, VersionInUse } from '../ocsp-staple/due.ts';
import { isMustStaple } from '../ocsp-staple/must-staple.ts';
import type { DeploymentRecord } from '../store/deployments-contract.ts';
import type { StapleEndpointRecord } from '../store/staples-contract.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { deliveryState } from './certificate-state.ts';
import { storedCertificate } from './stored-certificate.ts';

/** A version of a certificate that is served, or is about to be. */
export interface StapledRecord extends VersionInUse {
  readonly record: CertificateRecord;
}

/** What there is of a name about staples. */
export interface Stapling {
  /** The current version first. */
  readonly versions: readonly StapledRecord[];
  readonly endpoints: readonly (EndpointInUse & { readonly version?: StapledRecord })[];
}

/** Name octets as they are named in the store: SHA-256, in lower-case hexadecimal. */
export function stapleHash(der: Uint8Array): string {
  return toHex(digest('sha256', der));
}

/** Read what is kept for a version of a certificate. */
export async function stapledRecord(
  store: Store,
  record: CertificateRecord,
): Promise<StapledRecord> {
  const certificate = stapleHash(record.der);
  const kept = await store.staples.get(certificate);
  const staple = kept?.held && stapleHash(kept.held.der);
  return {
    certificate,
    record,
    ...(kept && { kept }),
    ...(staple !== undefined && { staple }),
  };
}

/**
 * Read which versions of a certificate its endpoints serve. A new one is served from when it is deployed on; until then it
 * is the one that the endpoint was told of last.
 *
 * @returns undefined for a name without endpoints
 */
export async function readStapling(store: Store, name: string): Promise<Stapling | undefined> {
  const endpoints = await store.staples.endpoints(name);
  if (endpoints.length === 0) return undefined;
  const current = await store.certificates.current(name);
  const deployments = await store.deployments.list(name);
  const known = new Map<string, StapledRecord>();
  const versionOf = async (record: CertificateRecord): Promise<StapledRecord> => {
    const certificate = stapleHash(record.der);
    const version = known.get(certificate) ?? (await stapledRecord(store, record));
    known.set(certificate, version);
    return version;
  };
  if (current) await versionOf(current);
  let past: readonly CertificateRecord[] | undefined;
  const inUse = [];
  for (const record of endpoints) {
    const version = current && (await versionOf(current));
    const isCurrent = version !== undefined && isServed(record, version, deployments);
    if (isCurrent) {
      inUse.push({ record, version });
      continue;
    }
    const told = record.published?.certificate;
    past ??= told === undefined ? undefined : await store.certificates.versions(name);
    const served = past?.find(({ der }) => stapleHash(der) === told);
    inUse.push({ record, ...(served && { version: await versionOf(served) }) });
  }
  return { versions: [...known.values()], endpoints: inUse };
}

/** Tell whether an endpoint serves the current certificate by now. */
function isServed(
  { label, target, published }: StapleEndpointRecord,
  { certificate, record: current, kept }: StapledRecord,
  deployments: readonly DeploymentRecord[],
): boolean {
  if (target.type === 'listener') {
    // It takes both from the store, and serves the one before until this one has its staple, as `listenerCertificate` says.
    if (published === undefined || published.certificate === certificate || kept?.held) return true;
    return kept?.triedAt !== undefined && !isMustStaple(storedCertificate(current.der, label));
  }
  const own = deployments.find((deployment) => deployment.label === label);
  if (own === undefined) return deliveryState(current, deployments) !== 'pending';
  return own.status?.certificateId === current.id && own.status.state !== 'pending';
}
