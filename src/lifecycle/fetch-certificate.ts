import { bytesEqual } from '../base/bytes.ts';
import { CertError, invariant } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { isLabel, type Label } from '../base/label.ts';
import { configuredPki } from '../revocation/path-inputs.ts';
import { validatePath } from '../revocation/validate-path.ts';
import type { NameSetting } from '../store/entries-contract.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { sameName } from '../x509/name.ts';
import { alone } from './alone.ts';
import { findProfile, trustOf } from './authority.ts';
import { localCaCertificates } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { deliverCertificate } from './deliver-certificate.ts';
import type { AgentFetch } from './fetch-agent.ts';
import { isAgentPlace, type FetchedSet } from './fetch-place.ts';
import { chooseLeaf, endOf } from './import-leaf.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What is to be fetched. */
export interface FetchRequest {
  readonly name: Label;
  /** Label of the CA profile whose anchors it must lead to; that of the certificate when absent. */
  readonly ca?: Label;
  /** Where from: an absolute path or URL of a folder, or another agent; where it was fetched from last when absent. */
  readonly from?: string;
  /** Which certificate of this node another agent is shown; the one it was last when absent. */
  readonly as?: Label;
  /** Read a folder. */
  read(place: string): Promise<FetchedSet>;
}

/** What was there. */
export type FetchResult =
  | {
      readonly type: 'fetched';
      readonly certificate: CertificateRecord;
      readonly files: readonly string[];
    }
  /** No later certificate than the one that is here: no failure, the other node may not have renewed yet. */
  | { readonly type: 'nothing newer'; readonly certificate: CertificateRecord };

/**
 * Take certificate, key and chain from another node's store: `cmp fetch`. What comes is believed as little as what a CA
 * sends: it must be valid now, lead to an anchor of the CA profile as it is set up here, belong to its key, and keep the
 * name of the certificate it follows.
 *
 * @throws {CertError} CA_UNKNOWN, CERT_UNKNOWN without a place, CERT_INVALID, DELIVERY_FAILED, and what `read` throws
 */
export async function fetchCertificate(
  context: LifecycleContext,
  request: FetchRequest,
): Promise<FetchResult> {
  return alone(context, request.name, 0, (held) => fetchAlone(held, request));
}

async function fetchAlone(context: LifecycleContext, request: FetchRequest): Promise<FetchResult> {
  const { store, clock } = context;
  const { name } = request;
  const current = await store.certificates.current(name);
  assertFetchable(name, current);
  const profile = await findProfile(store, request.ca ?? current?.ca);
  const place = request.from ?? (await store.nameSettings.get(name, 'fetch-from'));
  if (place === undefined) {
    throw new CertError('CERT_UNKNOWN', `Cannot fetch "${name}": it was never fetched before`, {
      hint: 'Say where it is: "from PLACE", the cert-store location of the node that renews it',
    });
  }
  const as = await shownTo(store, request, place);
  const settings = [
    ['fetch-as', as],
    ['fetch-from', place],
  ] as const;
  const fetched = await read(context, request, { name, place, profile, current }, as);
  const nothingNewer = async (certificate: CertificateRecord): Promise<FetchResult> => {
    // The agent is to ask there next time, whether there was anything newer this time or not.
    if (request.from !== undefined) await remember(store, name, settings);
    return { type: 'nothing newer', certificate };
  };
  if (fetched === undefined) {
    invariant(current !== undefined, 'only what is here can be the newest');
    return nothingNewer(current);
  }
  const { certificates, key } = fetched;
  const at = clock.now();
  const leaf = chooseLeaf('fetch', name, { certificates, spki: key.key.spki }, at);
  const der = certificateDer(leaf);
  const old = current && storedCertificate(current.der, `"${name}"`);
  if (current && old && (bytesEqual(current.der, der) || endOf(leaf) <= endOf(old))) {
    return nothingNewer(current);
  }
  assertFollows(name, leaf, old, at);
  const trust = trustOf(profile);
  const verdict = validatePath({
    certificate: leaf,
    intermediates: [...certificates, ...trust.intermediates, ...(await localCaCertificates(store))],
    anchors: profile.roots.map((root) => storedCertificate(root, `CA "${profile.label}"`)),
    at,
    policy: trust,
    limits: configuredPki,
  });
  if (verdict.type === 'invalid') throw refusal(name, verdict.reasons[0].detail);
  const certificate = await store.certificates.import({
    name,
    der,
    chain: verdict.path.slice(1).map(certificateDer),
    key: { spki: key.key.spki, pkcs8: key.pkcs8 },
    source: 'fetch',
    ca: profile.label,
    settings,
    at,
  });
  return {
    type: 'fetched',
    certificate,
    files: await deliverCertificate(context, certificate, ''),
  };
}

/** Which certificate another agent is shown; a folder is shown none. */
async function shownTo(
  { nameSettings }: Store,
  { name, as, from }: FetchRequest,
  place: string,
): Promise<Label | undefined> {
  if (!isAgentPlace(place)) {
    if (as === undefined) return undefined;
    throw new CertError('CONFIG_INVALID', `Cannot fetch "${name}" as "${as}" from "${place}"`, {
      hint: 'Leave out "as": it is for other agents, agent://HOST:PORT',
    });
  }
  const known = as ?? (await nameSettings.get(name, 'fetch-as'));
  if (known !== undefined && isLabel(known)) return known;
  throw new CertError('CONFIG_INVALID', `Cannot fetch "${name}" from "${place}": as nobody`, {
    hint: `Name the certificate of this node that the agent there is shown: from ${from ?? place} as NAME`,
  });
}

async function read(
  context: LifecycleContext,
  request: FetchRequest,
  what: Omit<AgentFetch, 'as'>,
  as: Label | undefined,
): Promise<FetchedSet | undefined> {
  if (as === undefined) return request.read(what.place);
  const { fetchFromAgent } = await import('./fetch-agent.ts');
  return fetchFromAgent(context, { ...what, as });
}

async function remember(
  { nameSettings }: Store,
  name: Label,
  settings: readonly (readonly [NameSetting, string | undefined])[],
): Promise<void> {
  for (const [key, value] of settings) {
    if (value === undefined) await nameSettings.remove(name, key);
    else await nameSettings.set(name, key, value);
  }
}

function assertFetchable(name: Label, current: CertificateRecord | undefined): void {
  if (current?.source !== 'track') return;
  throw new CertError('CERT_TRACKED', `Cannot fetch "${name}": it is only watched`, {
    hint: 'Choose another cert-name, or remove the tracked one first',
  });
}

function assertFollows(
  name: Label,
  leaf: Certificate,
  old: Certificate | undefined,
  at: Date,
): void {
  const { validity, subject } = leaf.tbsCertificate;
  if (endOf(leaf) <= at) throw refusal(name, `it expired on ${formatTime(endOf(leaf))}`);
  if (at < validity.notBefore.value) {
    throw refusal(name, `it is not valid before ${formatTime(validity.notBefore.value)}`);
  }
  if (old && !sameName(old.tbsCertificate.subject, subject)) {
    throw refusal(
      name,
      `its subject is ${quoteName(subject)}, that of the one before ${quoteName(old.tbsCertificate.subject)}`,
    );
  }
}

function refusal(name: Label, why: string): CertError {
  return new CertError(
    'CERT_INVALID',
    `Cannot take the certificate fetched for "${name}": ${why}`,
    {
      hint: 'See what the other node has: its certificate must be one of the CA profile as it is set up here',
    },
  );
}
