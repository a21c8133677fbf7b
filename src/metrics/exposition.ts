import { Counter, Gauge, Registry } from 'prom-client';
import type { Counter as StoredCounter } from '../store/records-contract.ts';
import { labelText } from './label-text.ts';
import type { CertificatePicture, Picture } from './picture.ts';
import { validationMetrics } from './validation-metrics.ts';

/** What the text of `exposition` is to be served as. */
export const contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/** Lines written at a time: some milliseconds of work. */
const certificatesAtATime = 500;

/**
 * Write a picture in the text format of Prometheus, part by part: all of it may be ten megabytes.
 *
 * @param pause called now and then, so that whoever else has something to do gets a turn
 */
export async function* exposition(
  picture: Picture,
  pause: () => Promise<void>,
): AsyncGenerator<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const { agent, version, nodeVersion, outstanding, failing, silentCas } = picture;

  gauge('certkeeper_build_info', 'Always 1; which certkeeper this is', ['version', 'node']).set(
    { version, node: nodeVersion },
    1,
  );
  gauge('certkeeper_agent_start_time_seconds', 'When the agent began').set(
    seconds(agent.startedAt),
  );
  counter(registry, 'certkeeper_agent_runs_total', 'Times the agent looked what is due').inc(
    agent.runs,
  );
  gauge('certkeeper_agent_working', '1 when the last look came to its end, else 0').set(
    agent.isWorking ? 1 : 0,
  );
  if (agent.lastRunAt !== undefined) {
    gauge('certkeeper_agent_last_run_timestamp_seconds', 'When a look came to its end last').set(
      seconds(agent.lastRunAt),
    );
  }
  gauge(
    'certkeeper_job_lag_seconds',
    'For how long the job that is overdue longest has been due',
  ).set(picture.jobLagSeconds);
  const outstandingGauge = gauge('certkeeper_cmp_outstanding', 'Requests that wait for a CA', [
    'ca',
    'type',
  ]);
  for (const { ca, operation: type, count } of outstanding)
    outstandingGauge.set({ ca, type }, count);
  const failingGauge = gauge('certkeeper_jobs_failing', 'Jobs that do not work at present', [
    'job',
    'kind',
  ]);
  for (const { count, ...labels } of failing) failingGauge.set(labels, count);
  const silent = gauge('certkeeper_ca_silent', '1 for a CA that does not answer', ['ca']);
  for (const ca of silentCas) silent.set({ ca }, 1);
  addStaples(registry, picture);
  addCounters(registry, picture.counters);
  const opened = counter(
    registry,
    'certkeeper_cmp_requests_opened_total',
    'Requests that were begun, by their kind',
    ['ca', 'type'],
  );
  for (const { ca, counter: key, value } of picture.counters) {
    const [, type] = /^transaction\.(\w+)\.opened$/.exec(key) ?? [];
    if (type !== undefined) opened.inc({ ca, type }, value);
  }
  addNotifications(registry, picture);
  addStates(registry, picture);

  yield `${trimmed(await registry.metrics())}\n\n`;
  yield `${validationMetrics(picture.validation)}\n`;
  for (const metric of certificateMetrics) {
    yield* certificateParts(metric, picture.certificates, pause);
    yield '\n';
  }
}

function addStaples(registry: Registry, { staples, failingEndpoints }: Picture): void {
  const registers = [registry];
  const of = (name: string, help: string, labelNames = ['name', 'certificate']) =>
    new Gauge({ name, help, labelNames, registers });
  const begun = of(
    'certkeeper_staple_this_update_timestamp_seconds',
    'When the OCSP response that is kept was right',
  );
  const ends = of(
    'certkeeper_staple_next_update_timestamp_seconds',
    'When the OCSP response that is kept ends',
  );
  const next = of(
    'certkeeper_staple_next_fetch_timestamp_seconds',
    'When the next OCSP response is asked for',
  );
  const failures = of(
    'certkeeper_staple_failures',
    'Attempts in a row to get an OCSP response that came to nothing',
    ['name', 'certificate', 'code'],
  );
  for (const {
    name,
    certificate,
    thisUpdate,
    nextUpdate,
    nextAt,
    code = '',
    ...staple
  } of staples) {
    const labels = { name, certificate };
    if (thisUpdate) begun.set(labels, seconds(thisUpdate));
    if (nextUpdate) ends.set(labels, seconds(nextUpdate));
    next.set(labels, seconds(nextAt));
    failures.set({ ...labels, code }, staple.failures);
  }
  const failing = of(
    'certkeeper_staple_endpoint_failing',
    '1 for an endpoint that could not be told, or serves something else; no series for others',
    ['name', 'endpoint'],
  );
  for (const endpoint of failingEndpoints) failing.set(endpoint, 1);
}

function addNotifications(registry: Registry, { alarms, destinations }: Picture): void {
  const registers = [registry];
  const standing = new Gauge({
    name: 'certkeeper_alarms',
    help: 'Alarms that stand',
    labelNames: ['family', 'severity'],
    registers,
  });
  for (const { count, ...labels } of alarms) standing.set(labels, count);
  const of = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['destination'], registers });
  const waiting = of('certkeeper_notifications_waiting', 'Notifications that wait to be sent');
  const failing = of('certkeeper_notifications_failing', '1 when the last attempt failed, else 0');
  const sent = of(
    'certkeeper_notifications_last_sent_timestamp_seconds',
    'When a notification was sent last',
  );
  const dropped = counter(
    registry,
    'certkeeper_notifications_dropped_total',
    'Notifications that were given up',
    ['destination'],
  );
  for (const each of destinations) {
    const labels = { destination: each.name };
    waiting.set(labels, each.waiting);
    failing.set(labels, each.isFailing ? 1 : 0);
    dropped.inc(labels, each.dropped);
    if (each.sentAt !== undefined) sent.set(labels, seconds(each.sentAt));
  }
}

function addStates(registry: Registry, { certificates, omitted }: Picture): void {
  const registers = [registry];
  const inState = new Gauge({
    name: 'certkeeper_certificates',
    help: 'Certificates in a state',
    labelNames: ['state'],
    registers,
  });
  for (const { state } of certificates) inState.inc({ state }, 1);
  new Gauge({
    name: 'certkeeper_certificates_omitted',
    help: 'Certificates there are no series of, since there are too many',
    registers,
  }).set(omitted);
}

/** A metric that has a series for each certificate. */
interface CertificateMetric {
  readonly name: string;
  readonly help: string;
  /** Undefined where there is nothing to tell of a certificate. */
  of(
    certificate: CertificatePicture,
  ): { readonly labels: Readonly<Record<string, string>>; readonly value: number } | undefined;
}

const certificateMetrics: readonly CertificateMetric[] = [
  {
    name: 'x509_cert_not_before',
    help: 'When a certificate begins to be valid',
    of: ({ name, labels, notBefore }) => ({
      labels: { name, ...labels },
      value: seconds(notBefore),
    }),
  },
  {
    name: 'x509_cert_not_after',
    help: 'When a certificate ends',
    of: ({ name, labels, notAfter }) => ({ labels: { name, ...labels }, value: seconds(notAfter) }),
  },
  {
    name: 'certkeeper_certificate_state',
    help: 'Always 1; the state a certificate is in',
    of: ({ name, ca = '', state }) => ({ labels: { name, ca, state }, value: 1 }),
  },
  {
    name: 'certkeeper_certificate_renewal_timestamp_seconds',
    help: 'When the agent renews a certificate',
    of: ({ name, ca = '', renewalAt }) =>
      renewalAt && { labels: { name, ca }, value: seconds(renewalAt) },
  },
];

/**
 * Write one metric of all certificates, some at a time. By prom-client every series would be an object of some hundred
 * octets, and ten thousand of them the most memory the agent ever takes.
 */
async function* certificateParts(
  { name, help, of }: CertificateMetric,
  certificates: Iterable<CertificatePicture>,
  pause: () => Promise<void>,
): AsyncGenerator<string> {
  let lines = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  for (const certificate of certificates) {
    const series = of(certificate);
    if (series !== undefined) lines.push(`${name}{${labelText(series.labels)}} ${series.value}`);
    if (lines.length < certificatesAtATime) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
    await pause();
  }
  yield [...lines, ''].join('\n');
}

function trimmed(text: string): string {
  return text.replace(/\n+$/, '');
}

/** A counter of the store, by the parts of its name; `src/store/project.ts` names them. */
const storedCounters: readonly {
  readonly prefix: string;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}[] = [
  {
    prefix: 'transaction',
    name: 'certkeeper_cmp_requests_total',
    help: 'Requests that are over, by their kind and by what became of them',
    labels: ['type', 'result'],
  },
  {
    prefix: 'sent',
    name: 'certkeeper_cmp_sent_total',
    help: 'CMP messages sent',
    labels: ['body'],
  },
  {
    prefix: 'received',
    name: 'certkeeper_cmp_received_total',
    help: 'CMP messages received',
    labels: ['body'],
  },
  {
    prefix: 'status',
    name: 'certkeeper_cmp_status_total',
    help: 'PKIStatus of answers',
    labels: ['status'],
  },
  {
    prefix: 'failInfo',
    name: 'certkeeper_cmp_failinfo_total',
    help: 'PKIFailureInfo bits of answers',
    labels: ['failinfo'],
  },
  {
    prefix: 'error',
    name: 'certkeeper_cmp_errors_total',
    help: 'Exchanges that broke, by what broke them',
    labels: ['class'],
  },
  {
    prefix: 'delivery',
    name: 'certkeeper_deploys_total',
    help: 'Deliveries of a certificate to where services read it',
    labels: ['result'],
  },
  {
    prefix: 'served',
    name: 'certkeeper_served_total',
    help: 'Certificates given to the agents of other nodes',
    labels: ['key'],
  },
];

/** These are cleared by `clear cmp statistics`, which Prometheus takes for a restart. */
function addCounters(registry: Registry, counters: readonly StoredCounter[]): void {
  for (const { prefix, name, help, labels } of storedCounters) {
    const metric = counter(registry, name, help, ['ca', ...labels]);
    for (const { ca, counter: key, value } of counters) {
      const [first, ...parts] = key.split('.');
      // How many were begun is a number of its own: a sum over all results is to be that of requests.
      if (first !== prefix || parts.length !== labels.length || parts[1] === 'opened') continue;
      const values = labels.map((label, i) => [label, parts[i] ?? ''] as const);
      metric.inc({ ca, ...Object.fromEntries(values) }, value);
    }
  }
}

function counter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[] = [],
): Counter {
  return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}
