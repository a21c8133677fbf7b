import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { isShown } from '../ocsp-staple/decide.ts';
import { tellAt, tellingOf } from '../ocsp-staple/due.ts';
import { retryAt } from '../ocsp-staple/timing.ts';
import type {
  PublishedStaple,
  SeenStaple,
  StapleEndpointRecord,
  StaplePublication,
} from '../store/staples-contract.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { realStaplePorts } from './staple-ports.ts';
import { stapleHash, type StapledRecord } from './staple-versions.ts';

/** What became of telling an endpoint. */
export interface EndpointReport {
  readonly label: string;
  readonly type: 'published' | 'withdrawn' | 'unchanged' | 'failed';
  readonly text?: string;
  /** What an operator can do about it. */
  readonly hint?: string;
}

/** An endpoint and the version that it serves. */
export interface ToldEndpoint {
  readonly record: StapleEndpointRecord;
  readonly version?: StapledRecord;
}

/**
 * Tell an endpoint what to serve from now on, if it was not told yet, and look whether it does. What goes wrong is written
 * down, and is tried again.
 *
 * @throws the reason of the context's signal, when that is aborted
 */
export async function tellEndpoint(
  context: LifecycleContext,
  endpoint: ToldEndpoint,
  { isAgain }: { readonly isAgain: boolean },
): Promise<EndpointReport> {
  const { clock } = context;
  const { record, version } = endpoint;
  const { label } = record;
  if (version === undefined) return { label, type: 'unchanged' };
  const telling = tellingOf(endpoint, clock.now());
  // What is tried again is told again: a server may have forgotten it.
  const isTold = telling.type === 'publish' || isAgain || isDue(record, clock.now());
  if (!isTold) return { label, type: 'unchanged' };
  try {
    const publication = await publicationOf(context, version, 'alone');
    await publish(context, record, publication);
    const published = publishedOf(version, publication, clock.now());
    // Written before it is looked at: it is so, whatever is served. Whoever is killed now looks again.
    const nextAt = record.probe && { nextAt: clock.now() };
    await reportEndpoint(context, record, { published, failures: record.failures, ...nextAt });
    const seen = await look(context, endpoint, publication);
    await settle(context, record, published, seen);
    if (seen?.isAsPublished === false) return { label, type: 'failed', text: seen.text ?? '' };
    if (telling.type === 'nothing') return { label, type: 'unchanged' };
    return { label, type: publication.staple === undefined ? 'withdrawn' : 'published' };
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    await reportFailure(context, record, error);
    const { message: text, hint } = error;
    return { label, type: 'failed', text, ...(hint !== undefined && { hint }) };
  }
}

/** Write down that an endpoint could not be told, and when it is tried again. */
export async function reportFailure(
  context: LifecycleContext,
  record: StapleEndpointRecord,
  { message }: CertError,
): Promise<void> {
  const { name, label, published, seen } = record;
  const failures = record.failures + 1;
  context.log.warn(`the OCSP response of "${name}" is not at "${label}": ${message}`);
  await reportEndpoint(context, record, {
    ...(published && { published }),
    ...(seen && { seen }),
    failures,
    error: message,
    nextAt: retryAt(`${name} ${label}`, failures, context.clock.now()),
  });
}

function isDue(record: StapleEndpointRecord, now: Date): boolean {
  const nextAt = tellAt(record, now);
  return nextAt !== undefined && nextAt <= now;
}

/** Make what an endpoint is told of a version now. */
export async function publicationOf(
  context: LifecycleContext,
  { record, kept }: StapledRecord,
  way: StaplePublication['way'],
  former?: Uint8Array,
): Promise<StaplePublication> {
  const held = kept?.held;
  return {
    name: record.name,
    certificate: record.der,
    chain: await chainToSend(context, record),
    ...(isShown(held, context.clock.now()) && { staple: held.der }),
    ...(former && !bytesEqual(former, record.der) && { former }),
    way,
  };
}

async function publish(
  { staples: { publish: send } = realStaplePorts, signal }: LifecycleContext,
  record: StapleEndpointRecord,
  publication: StaplePublication,
): Promise<void> {
  // It looks for itself.
  if (record.target.type === 'listener') return;
  await send(record, publication, signal);
}

/** Name what an endpoint was told. */
export function publishedOf(
  { certificate }: StapledRecord,
  { staple }: StaplePublication,
  at: Date,
): PublishedStaple {
  return { certificate, ...(staple && { staple: stapleHash(staple) }), at };
}

async function settle(
  context: LifecycleContext,
  record: StapleEndpointRecord,
  published: PublishedStaple,
  seen: SeenStaple | undefined,
): Promise<void> {
  const { name, label } = record;
  if (seen?.isAsPublished !== false) {
    return await reportEndpoint(context, record, { published, ...(seen && { seen }), failures: 0 });
  }
  const failures = record.failures + 1;
  const nextAt = retryAt(`${name} ${label}`, failures, context.clock.now());
  context.log.warn(`"${label}" does not serve what it was given for "${name}": ${seen.text ?? ''}`);
  await reportEndpoint(context, record, {
    published,
    seen,
    failures,
    ...(seen.text !== undefined && { error: seen.text }),
    nextAt,
  });
}

/** Ask the endpoint by handshakes, where it is known how. */
async function look(
  { clock, signal, staples: { look: lookAt } = realStaplePorts }: LifecycleContext,
  { record, version }: ToldEndpoint,
  publication: StaplePublication,
): Promise<SeenStaple | undefined> {
  if (record.probe === undefined) return undefined;
  const difference = await lookAt(record.probe, publication, signal);
  const at = clock.now();
  if (difference === undefined) return { at, isAsPublished: true };
  const nextUpdate = version?.kept?.held?.nextUpdate;
  const left = nextUpdate && nextUpdate.getTime() - at.getTime();
  const isDropped =
    record.target.type === 'haproxy' &&
    difference.type === 'absent' &&
    left !== undefined &&
    left <= HAPROXY_DROPS_MS;
  const why = isDropped ? '; HAProxy serves none in the last 300 s before its nextUpdate' : '';
  return { at, isAsPublished: false, text: `${difference.text}${why}` };
}

/** HAProxy takes a response for expired this long before its nextUpdate (OCSP_MAX_RESPONSE_TIME_SKEW), and drops it. */
const HAPROXY_DROPS_MS = 300_000;

/** Write how it went with an endpoint. */
export async function reportEndpoint(
  { store }: LifecycleContext,
  { name, label }: StapleEndpointRecord,
  written: Parameters<LifecycleContext['store']['staples']['report']>[2],
): Promise<void> {
  await store.staples.report(name, label, written);
}
