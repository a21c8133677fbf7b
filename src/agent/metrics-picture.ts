import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { certificateState } from '../lifecycle/certificate-state.ts';
import { labelsOf } from '../metrics/certificate-labels.ts';
import type { CertificatePicture, DestinationPicture, Picture } from '../metrics/picture.ts';
import { failedOf, hindranceOf } from '../scheduler/alarm-facts.ts';
import { due, type ScheduleFacts, type Surroundings } from '../scheduler/due.ts';
import { plannedSurroundings } from '../scheduler/next-job.ts';
import { readName } from '../scheduler/read-name.ts';
import type { FailingRecord } from '../store/schedule-contract.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import type { AgentStatus } from './agent.ts';

/** What a picture is taken of. */
export interface Pictured {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly version: string;
  status(): Promise<AgentStatus>;
}

/** Takes pictures, and remembers what has not changed since the last one. */
export type TakePicture = () => Promise<Picture>;

/**
 * Names there are series of: as many as one gateway manager has today, some 30 MB of memory and 7 MB of text; above
 * it those first in the alphabet are told of, and how many are not.
 */
const maxNames = 10_000;

/** Of the failures and the alarms, those that last longest. */
const maxFailures = 10_000;

/** Names read between two turns of everybody else. */
const namesAtATime = 20;

/** What is kept of a name until something about it changes. */
interface Known {
  readonly revision: number;
  readonly facts?: ScheduleFacts;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Make what takes pictures of a store and its agent. The first one reads every name; later ones only those that have
 * changed, so that being asked every few seconds costs little.
 */
export function pictureTaker(pictured: Pictured): TakePicture {
  const known = new Map<Label, Known>();
  let underWay: Promise<Picture> | undefined;
  return () => {
    // Two that ask at the same time get the same answer.
    underWay ??= take(pictured, known).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function take(pictured: Pictured, known: Map<Label, Known>): Promise<Picture> {
  const { store, clock, version } = pictured;
  const status = await pictured.status();
  await learn(store, await store.schedule.all(maxNames), known, clock.now());
  const now = clock.now();
  const failures = await store.schedule.failures(maxFailures);
  const { counters } = await store.statistics.read();
  const waiting = await store.transactions.overview();
  return {
    version,
    nodeVersion: process.version,
    certificates: certificatesOf(known, failures, await plannedSurroundings(store), now),
    omitted: Math.max(0, (await store.schedule.count()) - maxNames),
    counters,
    validation: (await store.validationStatistics.read()).counters,
    outstanding: countBy(waiting, ({ ca, operation }) => ({ ca, operation })),
    failing: countBy(failures, ({ job, kind }) => ({ job, kind })),
    alarms: countBy(await store.alarms.list(maxFailures), ({ family, last: { severity } }) => ({
      family,
      severity,
    })),
    destinations: await destinationsOf(store),
    staples: (await store.staples.overview(maxNames)).map(({ certificate, ...staple }) => ({
      ...staple,
      certificate: certificate.slice(0, 16),
    })),
    failingEndpoints: (await store.staples.endpoints())
      .filter((endpoint) => endpoint.failures > 0)
      .slice(0, maxFailures)
      .map(({ name, label }) => ({ name, endpoint: label })),
    silentCas: (await store.schedule.silentCas()).map(({ ca }) => ca),
    jobLagSeconds: lagSeconds(status, now),
    agent: {
      startedAt: status.startedAt,
      runs: status.runs,
      ...(status.lastRun && { lastRunAt: status.lastRun.at }),
      isWorking: status.trouble === undefined,
    },
  };
}

/**
 * Tell for how long the most overdue job has been due. What was due when the last run ended was tried by it and has a
 * new time; what a command has changed since is due as of then, whatever time is written there.
 */
function lagSeconds({ next, lastRun, startedAt }: AgentStatus, now: Date): number {
  if (next === undefined) return 0;
  const since = Math.max(next.getTime(), (lastRun?.at ?? startedAt).getTime());
  return Math.max(0, now.getTime() - since) / 1000;
}

/** Read the names that have changed, and forget those that are gone. */
async function learn(
  store: Store,
  entries: readonly { readonly name: Label; readonly revision: number }[],
  known: Map<Label, Known>,
  now: Date,
): Promise<void> {
  const present = new Set(entries.map(({ name }) => name));
  for (const name of known.keys()) if (!present.has(name)) known.delete(name);
  let read = 0;
  for (const { name, revision } of entries) {
    if (known.get(name)?.revision === revision) continue;
    if (++read % namesAtATime === 0) await pause();
    const reading = await readName(store, name, now);
    known.set(name, {
      revision,
      ...(reading && { facts: reading.schedule }),
      labels: reading?.record ? labels(reading.record) : {},
    });
  }
}

function labels(record: CertificateRecord): Readonly<Record<string, string>> {
  const { name, directory } = record;
  // Of one that was deployed there are several directories, with commas between them, and files of other names.
  const isInCertStore = directory !== undefined && !directory.includes(', ');
  try {
    const path = isInCertStore ? `${directory}/${name}.cert.pem` : undefined;
    return labelsOf(decodeCertificate(record.der), path);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return {};
  }
}

/** Who goes through them meanwhile does so by what is known then. */
function certificatesOf(
  known: ReadonlyMap<Label, Known>,
  failed: readonly (FailingRecord & { readonly name: Label })[],
  around: Surroundings,
  now: Date,
): Iterable<CertificatePicture> {
  const failing = Map.groupBy(failed, ({ name }) => name);
  return {
    *[Symbol.iterator]() {
      for (const [name, { facts, labels: own }] of known) {
        if (facts?.certificate === undefined) continue;
        const failures = failing.get(name) ?? [];
        yield pictureOf(facts, facts.certificate, own, { failures, around, now });
      }
    },
  };
}

/** What holds for a certificate beside what is kept of it. */
interface Circumstances {
  readonly failures: readonly FailingRecord[];
  readonly around: Surroundings;
  readonly now: Date;
}

function pictureOf(
  facts: ScheduleFacts,
  { notBefore, notAfter }: NonNullable<ScheduleFacts['certificate']>,
  own: Known['labels'],
  { failures, around, now }: Circumstances,
): CertificatePicture {
  const { name, ca } = facts;
  const state = certificateState(facts, now);
  return {
    name,
    ...(ca !== undefined && { ca }),
    labels: own,
    notBefore,
    notAfter,
    state: hindranceOf(state, failedOf(failures, facts.outstanding)) ?? state.type,
    // When asked only: to find out when a maintenance window opens costs more than all the rest.
    get renewalAt() {
      return due({ ...facts, failing: byJob(failures) }, around, now).find(
        ({ kind }) => kind === 'update',
      )?.at;
    },
  };
}

async function destinationsOf(store: Store): Promise<readonly DestinationPicture[]> {
  const sizes = await store.outbox.sizes();
  return (await store.destinations.list()).map(({ name, dropped, sentAt, failure }) => ({
    name,
    waiting: sizes.get(name) ?? 0,
    dropped,
    ...(sentAt && { sentAt }),
    isFailing: failure !== undefined,
  }));
}

function byJob(failures: readonly FailingRecord[]): ScheduleFacts['failing'] {
  return Object.fromEntries(failures.map((failure) => [failure.job, failure]));
}

function countBy<Row, Key extends Readonly<Record<string, string>>>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): readonly (Key & { readonly count: number })[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(keyOf(row)));
  return [...groups.values()].flatMap((group) =>
    group.slice(0, 1).map((row) => ({ ...keyOf(row), count: group.length })),
  );
}
