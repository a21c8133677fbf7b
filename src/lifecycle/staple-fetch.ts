import { CertError } from '../base/errors.ts';
import { modernOnly } from '../crypto/policy.ts';
import type { HttpProxy } from '../http/route.ts';
import { decide, type Circumstances, type Decision, type Offered } from '../ocsp-staple/decide.ts';
import { etagOf, freshUntilOf, retryAfterOf } from '../http/caching.ts';
import { keptAfter } from '../ocsp-staple/kept.ts';
import { verifyStaple, type StapleSubject } from '../ocsp-staple/verify.ts';
import { ocspQuery } from '../revocation/ocsp-query.ts';
import type { KeptStaple } from '../store/staples-contract.ts';
import type { Store } from '../store/store.ts';
import { subjectKey } from '../traps/alarms/alarm.ts';
import { clockEndpoint } from '../traps/alarms/condition.ts';
import type { ResolvedOcsp } from '../validation/contract.ts';
import { fetchFailure } from '../validation/fetch-failure.ts';
import { responderUrls } from '../validation/responder-urls.ts';
import { knownIssuers } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { orderChain } from './issuer-chain.ts';
import { realStaplePorts } from './staple-ports.ts';
import type { StapledRecord } from './staple-versions.ts';
import { serialOf, storedCertificate } from './stored-certificate.ts';

/** Longest body that is read; what is larger is no response about one certificate. */
const MAX_OCTETS = 65_536;

/**
 * Ask the responders of a certificate in their order, and write what became of it into the store, before anybody is shown
 * anything. The first one that gives something that is taken, or says revoked, decides.
 *
 * @throws the reason of the context's signal, when that is aborted; what responders do is never thrown
 */
export async function refreshStaple(
  context: LifecycleContext,
  version: StapledRecord,
): Promise<KeptStaple> {
  const { store, clock } = context;
  const { record, kept, certificate } = version;
  const { decision, url } = await ask(context, version);
  const now = clock.now();
  const about = { certificate, name: record.name, serial: serialOf(record) };
  const next = keptAfter(about, kept, decision, now);
  await store.staples.put(next);
  tell(context, version, decision, url);
  return next;
}

function tell(
  { log }: LifecycleContext,
  { record: { name }, kept }: StapledRecord,
  decision: Decision,
  url: string | undefined,
): void {
  const from = url === undefined ? '' : ` from ${url}`;
  if (decision.type === 'take') log.info(`there is a new OCSP response for "${name}"${from}`);
  if (decision.type === 'withdraw') {
    log.warn(`"${name}" is revoked, says its OCSP responder: ${decision.revoked.reason}`);
  }
  const trouble = decision.type === 'keep' ? decision.trouble : undefined;
  if (trouble === undefined) return;
  const often = kept?.code === trouble.code ? ', again' : '';
  log.warn(`no new OCSP response for "${name}"${from}${often}: ${trouble.text}`);
}

interface Answered {
  readonly decision: Decision;
  /** Of the responder it is about. */
  readonly url?: string;
}

async function ask(context: LifecycleContext, version: StapledRecord): Promise<Answered> {
  const { store, clock } = context;
  const { name } = version.record;
  const circumstances = async (): Promise<Circumstances> => ({
    now: clock.now(),
    isClockSuspect: await isClockSuspect(store),
    allowsEndless: (await store.nameSettings.get(name, 'staple-endless')) === 'allow',
  });
  let first: Answered | undefined;
  const subject = await subjectOf(context, version);
  const way = await wayOf(store, version).catch((error: unknown) => {
    // What is set cannot be used: what is held is still to be withdrawn in time.
    if (error instanceof CertError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  });
  if (way instanceof CertError) {
    const nothing = { type: 'nothing', code: 'no-source', detail: way.message } as const;
    return { decision: decide(version.kept, nothing, await circumstances()) };
  }
  for (const url of way.urls) {
    if (!subject) break;
    const offered = await askOne(context, version, { subject, url, way });
    const decision = decide(version.kept, offered, await circumstances());
    if (decision.type !== 'keep' || decision.trouble === undefined) return { decision, url };
    first ??= { decision, url };
  }
  if (first) return first;
  const detail = subject
    ? 'the certificate names no OCSP responder, and none is set'
    : 'the certificate of its issuer is not here';
  const nothing = { type: 'nothing', code: 'no-source', detail } as const;
  return { decision: decide(version.kept, nothing, await circumstances()) };
}

/** Find who signed it, by signature. */
async function subjectOf(
  { store }: LifecycleContext,
  { record }: StapledRecord,
): Promise<StapleSubject | undefined> {
  const certificate = storedCertificate(record.der, `"${record.name}"`);
  const { anchors, local, ofProfiles } = await knownIssuers(store, record.ca);
  const own = record.chain.map((der) => storedCertificate(der, `"${record.name}"`));
  const bundle = [...own, ...local, ...ofProfiles];
  const [issuer] = orderChain(certificate, bundle, anchors).chain;
  return issuer && { certificate, issuer };
}

interface Way {
  readonly urls: readonly string[];
  readonly object?: ResolvedOcsp;
  readonly proxy?: HttpProxy;
}

/** By the OCSP object that is set for the name; else as the certificate says, through the proxy of its CA profile. */
async function wayOf(store: Store, { record }: StapledRecord): Promise<Way> {
  const named = responderUrls(storedCertificate(record.der, `"${record.name}"`));
  const set = await store.nameSettings.get(record.name, 'staple-ocsp');
  if (set !== undefined) {
    const { resolveOcsp } = await import('./ocsp-objects.ts');
    const object = await resolveOcsp(store, set);
    return { urls: object.query.url === undefined ? named : [object.query.url], object };
  }
  const profile = record.ca === undefined ? undefined : await store.authorities.get(record.ca);
  const settings = profile?.proxy;
  if (!profile || !settings) return { urls: named };
  const { url, username } = settings;
  if (username === undefined) return { urls: named, proxy: { url } };
  const password = (await store.authorities.proxyPassword(profile.label)) ?? new Uint8Array();
  return { urls: named, proxy: { url, credentials: { username, password } } };
}

interface Question {
  readonly subject: StapleSubject;
  readonly url: string;
  readonly way: Way;
}

async function askOne(
  { clock, signal = never, staples: { ask: send } = realStaplePorts }: LifecycleContext,
  { kept }: StapledRecord,
  { subject, url, way: { object, proxy } }: Question,
): Promise<Offered> {
  const hash = object?.query.certIdHash ?? 'sha1';
  const { http } = ocspQuery({ ...subject, url, hash });
  const held = kept?.held?.url === url ? kept.held : undefined;
  const headers = {
    ...(held?.etag !== undefined && { 'if-none-match': held.etag }),
    // RFC 5019 section 6: what caches gave was of no use.
    ...(isOld(kept) && { 'cache-control': 'no-cache' }),
  };
  try {
    const answer = await send(http, {
      rules: object?.query ?? { resolvers: [] },
      maxBytes: object?.rules.maxResponseOctets ?? MAX_OCTETS,
      signal,
      headers,
      ...(proxy && { proxy }),
    });
    const now = clock.now();
    const freshUntil = freshUntilOf(answer.headers, now);
    // Whoever has not asked whether something has changed is told nothing by that.
    if (answer.status === 304 && held?.etag !== undefined) {
      return { type: 'not-modified', ...(freshUntil && { freshUntil }) };
    }
    if (answer.status !== 200) {
      const retryAfter = retryAfterOf(answer.headers, now);
      const detail = `the responder answered with HTTP status ${answer.status}`;
      return { type: 'nothing', code: 'http-status', detail, ...(retryAfter && { retryAfter }) };
    }
    const etag = etagOf(answer.headers);
    const came = { url, ...(etag !== undefined && { etag }), ...(freshUntil && { freshUntil }) };
    return verifyStaple(answer.body, subject, came, now, object?.rules.policy ?? modernOnly);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CertError && error.code.startsWith('STORE_')) throw error;
    const { code, detail } = fetchFailure(error);
    // Of a GET, the request in it says nothing to a person.
    return { type: 'nothing', code, detail: detail.replaceAll(http.url, url) };
  }
}

const never = new AbortController().signal;

function isOld(kept: KeptStaple | undefined): boolean {
  return kept?.code === 'expired' || kept?.code === 'worse';
}

/** As the agent has found out, or whoever looked last. */
async function isClockSuspect({ alarms }: Store): Promise<boolean> {
  const told = await alarms.of(subjectKey({ type: 'source', endpoint: clockEndpoint }));
  return told.length > 0;
}
