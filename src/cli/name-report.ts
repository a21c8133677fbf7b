import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { isLabel, type Label } from '../base/label.ts';
import { digest } from '../crypto/digest.ts';
import { stateText } from '../lifecycle/certificate-state.ts';
import type { NextAction } from '../lifecycle/next-action.ts';
import { outlookOf, type Outlook } from '../lifecycle/outlook.ts';
import { nodesIn } from '../lifecycle/served-names.ts';
import type { JobKind, Postponement } from '../scheduler/job.ts';
import { prospectOf, type FailingJob, type Prospect } from '../scheduler/next-job.ts';
import type { KeyRequestRecord, NameSetting } from '../store/entries-contract.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import type { OwnRevocation } from '../store/validation-watch-contract.ts';
import { viewDeployments, type DeploymentView } from './show-deployments.ts';

/** Everything the store knows of a name. */
export interface NameReport {
  readonly name: string;
  /** The latest certificate; where none ever took effect, the newest. */
  readonly record: CertificateRecord | undefined;
  /** The other certificates of the name, newest first. */
  readonly others: readonly CertificateRecord[];
  readonly outlook: Outlook;
  /** As the outlook has it, at the moment at which the agent does it. */
  readonly next: NextAction;
  /** Why that moment is later than it would be by itself. */
  readonly postponed?: Postponement;
  /** What does not work. */
  readonly failing: readonly FailingJob[];
  /** That is what there is to know first. */
  readonly hindrance?: Prospect['hindrance'];
  /** Name of the CA whose certificate the chain of what came from outside lacks. */
  readonly missingIssuer: string | undefined;
  readonly keyRequest: KeyRequestRecord | undefined;
  /** PKCS #11 URIs of the keys in tokens, by the id of the key. */
  readonly keyUris: ReadonlyMap<number, string>;
  /** As they are shown. */
  readonly settings: readonly (readonly [NameSetting, string])[];
  readonly deployed: DeploymentView;
  /** What OCSP and CRLs say of the certificate, where a policy names it. */
  readonly ownRevocation?: OwnRevocation;
  /** CA certificates of that label: one with a label of its own, or the anchors and intermediates of a CA profile. */
  readonly authorities: readonly Uint8Array[];
  readonly now: Date;
}

/** Tell where a name stands, in the words of its report. */
export async function standsAs(store: Store, name: Label, now: Date): Promise<string> {
  const latest = await store.certificates.latest(name);
  const record = latest ?? (await store.certificates.versions(name))[0];
  const outlook = await outlookOf(store, name, record, now);
  const { hindrance } = await prospectOf(store, name, now);
  return standingText({ outlook, ...(hindrance && { hindrance }) });
}

/** Write where a name stands in words: what fails, before what it is all the same. */
export function standingText({
  hindrance,
  outlook: { state },
}: Pick<NameReport, 'hindrance' | 'outlook'>): string {
  if (hindrance === undefined) return stateText(state);
  return state.type === 'none' ? hindrance : `${hindrance}, ${stateText(state)}`;
}

/** Read everything about a name. */
export async function readName(store: Store, name: string, now: Date): Promise<NameReport> {
  const versions = await store.certificates.versions(name);
  const record = (await store.certificates.latest(name)) ?? versions[0];
  const keyRequest = await store.keyRequests.get(name);
  const outlook = await outlookOf(store, name, record, now);
  const own = await store.ownRevocations.get(name);
  const { jobs, failing, hindrance } = isLabel(name) ? await prospectOf(store, name, now) : nothing;
  return {
    name,
    record,
    others: versions.filter(({ id }) => id !== record?.id),
    outlook,
    ...nextOf(outlook.next, jobs),
    failing,
    ...(hindrance && { hindrance }),
    missingIssuer: record && (await missingIssuerOf(store, record)),
    keyRequest,
    keyUris: await keyUrisOf(store, [...versions, ...(keyRequest ? [keyRequest] : [])]),
    settings: await settingsOf(store, name),
    deployed: await viewDeployments(store, name),
    ...(own && isOf(own, record) && { ownRevocation: own }),
    authorities: await authoritiesOf(store, name),
    now,
  };
}

function isOf({ fingerprint }: OwnRevocation, record: CertificateRecord | undefined): boolean {
  return record !== undefined && fingerprint === toHex(digest('sha256', record.der));
}

const nothing: Prospect = { jobs: [], failing: [] };

/** The jobs of the agent that are what is to be done next. */
const jobsOf: Readonly<Record<'renew' | 'fetch' | 'poll', readonly JobKind[]>> = {
  renew: ['update'],
  fetch: ['fetch'],
  poll: ['poll', 'enrol'],
};

function nextOf(next: NextAction, jobs: Prospect['jobs']): Pick<NameReport, 'next' | 'postponed'> {
  if (next.type !== 'renew' && next.type !== 'fetch' && next.type !== 'poll') return { next };
  const job = jobs.find(({ kind }) => jobsOf[next.type].includes(kind));
  if (job?.postponed === undefined) return { next };
  return { next: { ...next, at: job.at }, postponed: job.postponed };
}

async function missingIssuerOf(
  store: Store,
  { name, der, chain, ca, source }: CertificateRecord,
): Promise<string | undefined> {
  // What a CA gave here was judged by its anchors, and nothing is missing.
  if (source !== 'import' && source !== 'track') return undefined;
  const { importedChain } = await import('../lifecycle/import-chain.ts');
  const { storedCertificate } = await import('../lifecycle/stored-certificate.ts');
  const decoded = (each: Uint8Array) => storedCertificate(each, `"${name}"`);
  try {
    return (await importedChain(store, decoded(der), chain.map(decoded), ca)).missingName;
  } catch (error) {
    // What is damaged is told of where it is used.
    if (!(error instanceof CertError)) throw error;
    return undefined;
  }
}

async function keyUrisOf(
  { keys }: Store,
  records: readonly { readonly keyId?: number }[],
): Promise<ReadonlyMap<number, string>> {
  const uris = new Map<number, string>();
  for (const keyId of new Set(records.map((record) => record.keyId))) {
    if (keyId === undefined) continue;
    const { tokenUri } = await keys.publicKey(keyId);
    if (tokenUri !== undefined) uris.set(keyId, tokenUri);
  }
  return uris;
}

/** What the settings of a name are called where they are shown. */
export const settingWords: Readonly<Record<NameSetting, string>> = {
  key: 'next key',
  'renew-by': 'renewed by',
  'track-source': 'tracked at',
  'track-read-at': 'last read',
  'hash-url': 'hash and URL',
  'auto-update-days': 'auto-update days',
  'fetch-from': 'fetched from',
  'fetch-as': 'fetched as',
  'auto-fetch-days': 'auto-fetch days',
  'serve-to': 'served to',
  'staple-ocsp': 'stapled by',
  'staple-revoked': 'when revoked',
  'staple-endless': 'staple without end',
};

/** A setting as it is shown: a time is stored as milliseconds, nodes as a list. */
function settingText(key: NameSetting, value: string): string {
  if (key === 'serve-to') return nodesIn(value).join('; ');
  if (key !== 'track-read-at') return value;
  const at = new Date(Number(value));
  return Number.isNaN(at.getTime()) ? value : formatTime(at);
}

function isSettingName(word: string): word is NameSetting {
  return word in settingWords;
}

async function settingsOf(
  { nameSettings }: Store,
  name: string,
): Promise<readonly (readonly [NameSetting, string])[]> {
  const settings: (readonly [NameSetting, string])[] = [];
  for (const key of Object.keys(settingWords).filter(isSettingName)) {
    const value = await nameSettings.get(name, key);
    if (value !== undefined) settings.push([key, settingText(key, value)]);
  }
  return settings;
}

async function authoritiesOf(store: Store, label: string): Promise<readonly Uint8Array[]> {
  const own = await store.caCertificates.get(label);
  if (own !== undefined) return [own.der];
  const profile = await store.authorities.get(label);
  return profile === undefined ? [] : [...profile.roots, ...profile.intermediates];
}
