import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { wordsOfEndpoint } from '../../deploy/staple-words.ts';
import { stapleHash } from '../../lifecycle/staple-versions.ts';
import { isShown } from '../../ocsp-staple/decide.ts';
import type { KeptStaple, StapleEndpointRecord } from '../../store/staples-contract.ts';
import type { Store } from '../../store/store.ts';
import type { Body } from '../command.ts';
import type { showStapleParameters } from '../parameters-staple.ts';
import { stapleJson, type JsonFields } from '../staple-report.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Show what is kept, and what endpoints were told and serve. */
export const run: Body<typeof showStapleParameters> = async ({ name: wanted }, context) => {
  const shown =
    (await readStored(context, ({ store, clock }) => read(store, wanted, clock.now()))) ?? [];
  if (wanted !== undefined && shown.length === 0) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot show the staple of "${wanted}": it has no endpoint`,
      {
        hint: `Name one with "certkeeper staple add ${wanted} target …"`,
      },
    );
  }
  context.print.show({ staples: shown.map(({ json }) => json) }, () =>
    shown.length === 0
      ? `Nothing is stapled${whereLooked(context)}; certkeeper staple add has a server do so\n`
      : shown.map(({ text }) => text).join('\n'),
  );
  return 0;
};

interface Shown {
  readonly json: JsonFields;
  readonly text: string;
}

async function read(
  store: Store,
  wanted: string | undefined,
  now: Date,
): Promise<readonly Shown[]> {
  const endpoints = Map.groupBy(await store.staples.endpoints(wanted), ({ name }) => name);
  const shown: Shown[] = [];
  for (const [name, own] of endpoints) {
    const current = await store.certificates.current(name);
    const hash = current && stapleHash(current.der);
    const kept = hash === undefined ? undefined : await store.staples.get(hash);
    const settings = await store.nameSettings.of(name);
    const state = stateOf(kept, now);
    const set = {
      ocsp: settings.get('staple-ocsp'),
      whenRevoked: settings.get('staple-revoked'),
      endless: settings.get('staple-endless'),
    };
    shown.push({
      json: {
        name,
        state,
        ...set,
        ...(kept && stapleJson(kept)),
        endpoints: own.map(endpointJson),
      },
      text: textOf(name, state, kept, set) + own.map((each) => endpointText(each, hash)).join(''),
    });
  }
  return shown;
}

function stateOf(kept: KeptStaple | undefined, now: Date): string {
  if (kept === undefined) return 'not asked yet';
  if (kept.revoked) return 'revoked';
  if (!isShown(kept.held, now)) return kept.held ? 'ended' : 'none';
  return kept.failures > 0 ? 'good, not refreshed' : 'good';
}

function textOf(
  name: string,
  state: string,
  kept: KeptStaple | undefined,
  set: Readonly<Record<'ocsp' | 'whenRevoked' | 'endless', string | undefined>>,
): string {
  const { held, revoked } = kept ?? {};
  return formatFields([
    ['Staple', name],
    ['state', state],
    ['thisUpdate', time(held?.thisUpdate)],
    ['nextUpdate', time(held?.nextUpdate)],
    ['shown until', time(held?.until)],
    ['fetched', time(held?.fetchedAt)],
    ['from', held?.url],
    ['next fetch', time(kept?.nextAt)],
    ['failures', kept && kept.failures > 0 ? String(kept.failures) : undefined],
    ['last error', kept?.error],
    ['code', kept?.code],
    ['revoked', revoked && `${formatTime(revoked.at)}, ${revoked.reason}`],
    ['asked by', set.ocsp],
    ['when revoked', set.whenRevoked],
    ['without end', set.endless],
  ]);
}

function endpointText(endpoint: StapleEndpointRecord, current: string | undefined): string {
  const { label, published, seen, error, nextAt } = endpoint;
  const { target, ...words } = wordsOfEndpoint(endpoint);
  const settings = Object.entries(words).flatMap(([word, value]) =>
    value === undefined ? [] : [`${word} ${value}`],
  );
  const of = published?.certificate === current ? '' : ', of an earlier certificate';
  const told =
    published &&
    `${published.staple === undefined ? 'to staple none' : `${published.staple.slice(0, 16)}${of}`}, ${formatTime(published.at)}`;
  return formatFields([
    ['  endpoint', label],
    ['  target', [target, ...settings].join(' ')],
    ['  told', told ?? 'nothing yet'],
    ['  seen', seen && `${seen.isAsPublished ? 'as told' : seen.text}, ${formatTime(seen.at)}`],
    ['  last error', seen?.text === error ? undefined : error],
    ['  next attempt', nextAt && formatTime(nextAt)],
  ]);
}

function endpointJson(endpoint: StapleEndpointRecord): JsonFields {
  const { label, published, seen, failures, error, nextAt } = endpoint;
  return {
    label,
    ...wordsOfEndpoint(endpoint),
    published: published && { ...published, at: formatTime(published.at) },
    seen: seen && { ...seen, at: formatTime(seen.at) },
    failures,
    error,
    nextAt: nextAt && formatTime(nextAt),
  };
}

function time(at: Date | undefined): string | undefined {
  return at && formatTime(at);
}
