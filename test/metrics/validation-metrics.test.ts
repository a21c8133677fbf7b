import { describe, expect, it } from 'vitest';
import { validationMetrics } from '../../src/metrics/validation-metrics.ts';
import type { ValidationEvent } from '../../src/validation/contract.ts';
import { validationTally } from '../../src/validation/validation-tally.ts';
import { someDay } from '../harness/certificates.ts';

/** What is told of a tally, without comments. */
function series(...events: readonly ValidationEvent[]): readonly string[] {
  const tally = validationTally();
  for (const event of events) tally.count(event);
  const counters = [...tally.take()].map(([counter, value]) => ({
    counter,
    value,
    lastAt: someDay,
  }));
  return validationMetrics(counters)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function query(outcome: string, ms: number): ValidationEvent {
  return { type: 'ocsp-query', url: 'http://r.example/', outcome, ms };
}

describe('validationMetrics()', () => {
  it('has what has no labels from the beginning', () => {
    const lines = series();
    expect(lines).toContain('certkeeper_peers_accepted_total 0');
    expect(lines).toContain('certkeeper_ocsp_query_duration_seconds_count 0');
    expect(lines.filter((line) => line.includes('{') && !line.includes('le='))).toStrictEqual([]);
  });

  it('tells of queries by what came, and how long they took, in classes that hold those below', () => {
    const lines = series(query('good', 7), query('timeout', 200), query('timeout', 9000));
    expect(lines).toEqual(
      expect.arrayContaining([
        'certkeeper_ocsp_queries_total 3',
        'certkeeper_ocsp_good_total 1',
        'certkeeper_ocsp_unavailable_total{code="timeout"} 2',
        'certkeeper_ocsp_query_duration_seconds_bucket{le="0.005"} 0',
        'certkeeper_ocsp_query_duration_seconds_bucket{le="0.01"} 1',
        'certkeeper_ocsp_query_duration_seconds_bucket{le="0.25"} 2',
        'certkeeper_ocsp_query_duration_seconds_bucket{le="5"} 2',
        'certkeeper_ocsp_query_duration_seconds_bucket{le="+Inf"} 3',
        'certkeeper_ocsp_query_duration_seconds_sum 9.207',
        'certkeeper_ocsp_query_duration_seconds_count 3',
      ]),
    );
  });

  it('tells of fetches by scheme and result, of time in seconds, and of events by their names', () => {
    const fetch = { type: 'crl-fetch', url: 'http://a/', octets: 10, ms: 20, entries: 3 } as const;
    const lines = series(
      { ...fetch, outcome: 'fetched', parseMs: 15 },
      { type: 'crl-rollback', url: 'http://a/', issuer: '"CN=CA"' },
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        'certkeeper_crl_fetches_total{scheme="http",result="fetched"} 1',
        'certkeeper_crl_bytes_total 10',
        'certkeeper_crl_entries_total 3',
        'certkeeper_crl_parse_seconds_total 0.015',
        'certkeeper_validation_events_total{event="crl-rollback"} 1',
      ]),
    );
  });

  it('has every counter there is', () => {
    const counters = [
      'ocsp.queries',
      'ocsp.unavailable.responder-error(tryLater)',
      'ocsp.error-cache-hits',
      'ocsp.rfc6960-nonconforming',
      'crl.hits',
      'path.rejected.untrusted',
      'accepted-without-revocation',
      'accepted-with-expired-crl',
      'accepted-against-ocsp',
    ];
    const text = validationMetrics(
      counters.map((counter, i) => ({ counter, value: 1000 + i, lastAt: someDay })),
    );
    for (const i of counters.keys()) expect(text).toMatch(new RegExp(` ${1000 + i}\\n`));
  });
});
