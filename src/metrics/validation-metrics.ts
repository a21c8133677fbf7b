import { latencyClasses, type ValidationCounter } from '../store/validation-watch-contract.ts';
import { labelText } from './label-text.ts';

/** A counter of `show crypto statistics`, or several that differ in the parts of their names. */
interface Metric {
  readonly name: string;
  readonly help: string;
  /** Begins the name of the counter; what follows it, part by part, are the labels. */
  readonly prefix: string;
  readonly labels: readonly string[];
  /** Counted in thousandths of the unit of the metric. */
  readonly isMilli?: true;
}

/** Without labels a metric is there from the beginning, with them when something was counted. */
const metrics: readonly Metric[] = [
  {
    name: 'certkeeper_ocsp_queries_total',
    help: 'Queries of OCSP responders',
    prefix: 'ocsp.queries',
    labels: [],
  },
  ...(['good', 'revoked', 'unknown'] as const).map((word) => ({
    name: `certkeeper_ocsp_${word}_total`,
    help: `Queries of OCSP responders that were answered ${word}`,
    prefix: `ocsp.${word}`,
    labels: [],
  })),
  {
    name: 'certkeeper_ocsp_unavailable_total',
    help: 'Queries of OCSP responders that brought no word, by why',
    prefix: 'ocsp.unavailable',
    labels: ['code'],
  },
  {
    name: 'certkeeper_ocsp_cache_hits_total',
    help: 'Words of OCSP that were kept and used again',
    prefix: 'ocsp.cache-hits',
    labels: [],
  },
  {
    name: 'certkeeper_ocsp_error_cache_hits_total',
    help: 'Failures of OCSP that were remembered, and nobody was asked',
    prefix: 'ocsp.error-cache-hits',
    labels: [],
  },
  {
    name: 'certkeeper_ocsp_fallback_to_crl_total',
    help: 'Certificates that CRLs were looked at for since OCSP did not decide',
    prefix: 'ocsp.fallback-to-crl',
    labels: [],
  },
  {
    name: 'certkeeper_ocsp_rfc6960_nonconforming_total',
    help: 'Peers accepted by a responder that RFC 6960 refuses, and the settings take',
    prefix: 'ocsp.rfc6960-nonconforming',
    labels: [],
  },
  {
    name: 'certkeeper_crl_fetches_total',
    help: 'Fetches of CRLs, by scheme and what came of them',
    prefix: 'crl.fetches',
    labels: ['scheme', 'result'],
  },
  {
    name: 'certkeeper_crl_bytes_total',
    help: 'Octets of CRLs that were fetched',
    prefix: 'crl.bytes',
    labels: [],
  },
  {
    name: 'certkeeper_crl_entries_total',
    help: 'Entries of CRLs that were fetched',
    prefix: 'crl.entries',
    labels: [],
  },
  {
    name: 'certkeeper_crl_parse_seconds_total',
    help: 'Time that reading CRLs took',
    prefix: 'crl.parse-ms',
    labels: [],
    isMilli: true,
  },
  {
    name: 'certkeeper_crl_hits_total',
    help: 'Certificates that CRLs were at hand for, and nothing was fetched',
    prefix: 'crl.hits',
    labels: [],
  },
  {
    name: 'certkeeper_peers_accepted_total',
    help: 'Peers that were accepted',
    prefix: 'path.accepted',
    labels: [],
  },
  {
    name: 'certkeeper_peers_rejected_total',
    help: 'Peers that were refused, by the first reason',
    prefix: 'path.rejected',
    labels: ['reason'],
  },
  ...(['without-revocation', 'with-expired-crl', 'against-ocsp'] as const).map((warning) => ({
    name: `certkeeper_peers_accepted_${warning.replaceAll('-', '_')}_total`,
    help: `Peers that were accepted with the warning accepted-${warning}`,
    prefix: `accepted-${warning}`,
    labels: [],
  })),
  {
    name: 'certkeeper_validation_events_total',
    help: 'What happened that somebody has to know of, by the names of events',
    prefix: 'event',
    labels: ['event'],
  },
];

const latency = 'certkeeper_ocsp_query_duration_seconds';

/**
 * Write what was counted of judging peers in the text format of Prometheus. `clear crypto statistics` sets it to zero,
 * which Prometheus takes for a restart.
 */
export function validationMetrics(counters: readonly ValidationCounter[]): string {
  const values = new Map(counters.map(({ counter, value }) => [counter, value]));
  const lines = metrics.flatMap((metric) => linesOf(metric, counters, values));
  return [...lines, ...latencyLines(values), ''].join('\n');
}

function linesOf(
  { name, help, prefix, labels, isMilli }: Metric,
  counters: readonly ValidationCounter[],
  values: ReadonlyMap<string, number>,
): readonly string[] {
  const head = [`# HELP ${name} ${help}`, `# TYPE ${name} counter`];
  if (labels.length === 0) {
    const value = values.get(prefix) ?? 0;
    return [...head, `${name} ${isMilli === true ? value / 1000 : value}`];
  }
  const rows = counters.flatMap(({ counter, value }) => {
    if (!counter.startsWith(`${prefix}.`)) return [];
    const parts = counter.slice(prefix.length + 1).split('.');
    if (parts.length !== labels.length) return [];
    const named = Object.fromEntries(labels.map((label, i) => [label, parts[i] ?? '']));
    return [`${name}{${labelText(named)}} ${value}`];
  });
  return rows.length === 0 ? [] : [...head, ...rows];
}

/** Each class of a histogram has what is below it counted in. */
function latencyLines(values: ReadonlyMap<string, number>): readonly string[] {
  const count = (word: string): number => values.get(`ocsp.latency-ms.${word}`) ?? 0;
  let sum = 0;
  const buckets = latencyClasses.map((ms) => {
    sum += count(ms.toString());
    return `${latency}_bucket{le="${ms / 1000}"} ${sum}`;
  });
  const all = sum + count('more');
  return [
    `# HELP ${latency} How long queries of OCSP responders took`,
    `# TYPE ${latency} histogram`,
    ...buckets,
    `${latency}_bucket{le="+Inf"} ${all}`,
    `${latency}_sum ${count('sum') / 1000}`,
    `${latency}_count ${all}`,
  ];
}
