import type { Clock } from '../base/clock.ts';
import { listConfiguredCrls } from '../lifecycle/configured-crls.ts';
import { notificationPolicy } from '../lifecycle/notification-policy.ts';
import { listWords } from '../lifecycle/validation-words.ts';
import { withoutUserinfo } from '../retrieval/url.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { CrlSource, HeldCrlSummary } from '../store/validation-contract.ts';
import type { TroubledResponder } from '../store/validation-watch-contract.ts';
import { subjectKey } from '../traps/alarms/alarm.ts';
import type { Observation } from '../traps/alarms/observation.ts';
import { dayMs, hourMs } from '../traps/alarms/policy.ts';
import { react } from '../traps/alarms/react.ts';
import {
  isSourceReason,
  sourceStale,
  type SourceTrouble,
} from '../traps/alarms/revocation-source.ts';

/** What looking at sources needs. */
export interface SourcesContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
}

/** With pauses of 1, 2, 4 … minutes it is an hour by then: a server that is started anew is no trouble. */
const LASTING_FAILURES = 6;

/**
 * Raise, repeat and end the alarms of sources of revocation for peers: CRLs that are set up, and responders that
 * have no word. All of it is taken from the store, so that whoever is started anew neither tells it again nor forgets its end;
 * what is set up no more, or named by no policy, is wrong no more.
 */
export async function watchSources({ store, clock }: SourcesContext): Promise<void> {
  const now = clock.now();
  const policies = await policiesOf(store);
  const found = new Map<string, Observation>();
  const note = (endpoint: string, trouble?: SourceTrouble, freshUntil?: Date): void => {
    const before = found.get(endpoint)?.conditions ?? [];
    found.set(endpoint, {
      subject: { type: 'source', endpoint },
      conditions: [...before, ...(trouble ? [sourceStale(trouble)] : [])],
      ...(freshUntil && { freshUntil }),
    });
  };
  await lookAtCrls(store, policies, now, note);
  await lookAtResponders(store, policies, now, note);
  for (const endpoint of await store.alarms.sources()) {
    // Those of others, as of the clock, are not ours to end.
    if (!found.has(endpoint) && (await isOurs(store, endpoint))) note(endpoint);
  }
  if (found.size === 0) return;
  const policy = await notificationPolicy(store);
  for (const observation of found.values()) {
    await store.alarms.look(subjectKey(observation.subject), now, (standing) => ({
      ...react({ ...standing, observation, now, policy }),
      notBefore: now,
    }));
  }
}

type Note = (endpoint: string, trouble?: SourceTrouble, freshUntil?: Date) => void;

/** Which policies there are, as far as sources hang on them. */
interface Policy {
  readonly isRelaxed: boolean;
  readonly crls: readonly string[];
  readonly asksResponders: boolean;
  /** It fetches what certificates name. */
  readonly fetchesNamed: boolean;
}

async function policiesOf(store: Store): Promise<readonly Policy[]> {
  return (await listWords(store, 'policy')).map(({ words }) => {
    const { text, texts, flag } = readerOf(words);
    return {
      isRelaxed: text('revocation') === 'relaxed',
      crls: texts('ca-crl'),
      asksResponders: asksResponders(words),
      fetchesNamed: flag('crl-distribution-points') ?? true,
    };
  });
}

function asksResponders(words: SettingWords): boolean {
  const { text } = readerOf(words);
  return text('ocsp-cert-validator') !== undefined || (text('ocsp') ?? 'off') !== 'off';
}

/** One policy that refuses without a word is enough. */
function severityFor(policies: readonly Policy[]): 'major' | 'minor' {
  return policies.some(({ isRelaxed }) => !isRelaxed) ? 'major' : 'minor';
}

async function lookAtCrls(
  store: Store,
  policies: readonly Policy[],
  now: Date,
  note: Note,
): Promise<void> {
  const configured = await listConfiguredCrls(store);
  if (configured.length === 0) return;
  const held = new Map((await store.heldCrls.list()).map((crl) => [crl.identity, crl]));
  for (const [url, same] of Map.groupBy(configured, (crl) => crl.url)) {
    const source = await store.crlSources.get(url);
    const crl = held.get(source?.identity ?? '');
    const users = policies.filter(({ crls }) => same.some(({ name }) => crls.includes(name)));
    const endpoint = withoutUserinfo(url);
    // What nobody looks at keeps nobody out.
    const trouble = source && users.length > 0 && troubleOf(source, crl, severityFor(users), now);
    note(endpoint, trouble ? { endpoint, ...trouble } : undefined, crl?.nextUpdate);
  }
}

function troubleOf(
  { failures, code, error }: CrlSource,
  crl: HeldCrlSummary | undefined,
  severity: 'major' | 'minor',
  now: Date,
): Omit<SourceTrouble, 'endpoint'> | undefined {
  const said = {
    ...(error !== undefined && { text: error }),
    ...(failures > 0 && { attempts: failures }),
    ...(crl?.nextUpdate && { deadline: crl.nextUpdate }),
  };
  // Of what is fetched, only a CRL from before the one that is held is called too old.
  if (failures > 0 && code === 'too-old') return { ...said, reason: 'crl-rollback', severity };
  if (crl?.nextUpdate && crl.nextUpdate < now) return { ...said, reason: 'crl-expired', severity };
  if (failures === 0) return undefined;
  if (!crl) return { ...said, reason: 'source-failing', severity };
  // Nobody is refused yet: what is held still holds.
  const isLasting = failures >= LASTING_FAILURES;
  return isLasting ? { ...said, reason: 'source-failing', severity: 'minor' } : undefined;
}

/** A responder that nobody asks any more is wrong no more, be it that no policy does or that no certificate leads to it. */
async function lookAtResponders(
  store: Store,
  policies: readonly Policy[],
  now: Date,
  note: Note,
): Promise<void> {
  const asking = policies.filter((policy) => policy.asksResponders);
  const fetching = policies.filter((policy) => policy.fetchesNamed);
  for (const responder of await store.troubledResponders.list()) {
    const { url, lastAt, code } = responder;
    const users = code === 'crl-rollback' ? fetching : asking;
    if (users.length === 0 || now.getTime() - lastAt.getTime() >= dayMs) {
      await store.troubledResponders.remove(url);
      continue;
    }
    const endpoint = withoutUserinfo(url);
    const trouble = responderTrouble(responder);
    note(endpoint, trouble && { endpoint, severity: severityFor(users), ...trouble });
  }
}

/** Every one of them is slow now and then: of what passes nobody is told. */
function responderTrouble({
  code,
  failures,
  firstAt,
  lastAt,
}: TroubledResponder): Pick<SourceTrouble, 'reason' | 'text' | 'attempts'> | undefined {
  if (code === 'unauthorized-responder') {
    const text = 'its answers are signed by somebody who may not speak for the CA';
    return { reason: 'responder-unauthorized', text };
  }
  if (code === 'crl-rollback') {
    return { reason: code, text: 'the CRL there is older than the one held' };
  }
  if (lastAt.getTime() - firstAt.getTime() < hourMs) return undefined;
  const text = `no query of it had a word in an hour and more, the last one: ${code}`;
  return { reason: 'source-failing', text, attempts: failures };
}

async function isOurs(store: Store, endpoint: string): Promise<boolean> {
  const alarms = await store.alarms.of(subjectKey({ type: 'source', endpoint }));
  return alarms.some(({ last }) => isSourceReason(last.details.reason));
}
