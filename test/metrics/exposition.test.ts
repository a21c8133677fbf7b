import { describe, expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { certificateLabels, labelsOf } from '../../src/metrics/certificate-labels.ts';
import { exposition } from '../../src/metrics/exposition.ts';
import type { CertificatePicture, Picture } from '../../src/metrics/picture.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { gatewayPem } from '../cli/certificates.ts';

const day = new Date('2026-12-01T00:00:00Z');

const picture: Picture = {
  version: '1.2.3',
  nodeVersion: 'v24.0.0',
  certificates: [],
  omitted: 0,
  counters: [],
  validation: [],
  outstanding: [],
  failing: [],
  alarms: [],
  destinations: [],
  staples: [],
  failingEndpoints: [],
  silentCas: [],
  jobLagSeconds: 0,
  agent: { startedAt: day, runs: 0, isWorking: true },
};

function certificate(changes: Partial<CertificatePicture> = {}): CertificatePicture {
  return {
    name: 'gw1',
    ca: 'L',
    labels: {},
    notBefore: day,
    notAfter: new Date('2027-12-01T00:00:00Z'),
    state: 'active',
    ...changes,
  };
}

/** Lines of a picture that are no comments. */
async function series(
  changes: Partial<Picture>,
  pause = async () => {},
): Promise<readonly string[]> {
  let text = '';
  for await (const part of exposition({ ...picture, ...changes }, pause)) text += part;
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('exposition()', () => {
  it('tells of a certificate when it is valid, its state, and when it is renewed', async () => {
    const renewalAt = new Date('2027-11-01T00:00:00Z');
    const labels = { serial_number: '17', subject_CN: 'gw "1"\\\n' };
    const lines = await series({ certificates: [certificate({ labels, renewalAt })] });
    const own = String.raw`{name="gw1",serial_number="17",subject_CN="gw \"1\"\\\n"}`;
    expect(lines).toEqual(
      expect.arrayContaining([
        `x509_cert_not_before${own} 1796083200`,
        `x509_cert_not_after${own} 1827619200`,
        'certkeeper_certificate_state{name="gw1",ca="L",state="active"} 1',
        'certkeeper_certificate_renewal_timestamp_seconds{name="gw1",ca="L"} 1825027200',
        'certkeeper_certificates{state="active"} 1',
      ]),
    );
  });

  it('tells what the store has counted, by the parts of its name', async () => {
    const counters = [
      ['transaction.kur.granted', 3],
      ['transaction.kur.opened', 4],
      ['failInfo.badTime', 1],
      ['sent.pollReq', 7],
      ['delivery.failed', 2],
      ['error.http', 5],
      ['unheard.of.this', 9],
    ] as const;
    const lines = await series({
      counters: counters.map(([counter, value]) => ({ ca: 'L', counter, value })),
    });
    expect(lines.filter((line) => line.includes('_total{'))).toStrictEqual([
      'certkeeper_cmp_requests_total{ca="L",type="kur",result="granted"} 3',
      'certkeeper_cmp_sent_total{ca="L",body="pollReq"} 7',
      'certkeeper_cmp_failinfo_total{ca="L",failinfo="badTime"} 1',
      'certkeeper_cmp_errors_total{ca="L",class="http"} 5',
      'certkeeper_deploys_total{ca="L",result="failed"} 2',
      'certkeeper_cmp_requests_opened_total{ca="L",type="kur"} 4',
    ]);
  });

  it('tells how the agent does, and what hinders it', async () => {
    const lines = await series({
      outstanding: [{ ca: 'L', operation: 'ir', count: 2 }],
      failing: [{ job: 'update', kind: 'blocked', count: 3 }],
      silentCas: ['L'],
      jobLagSeconds: 90,
      agent: { startedAt: day, runs: 5, lastRunAt: day, isWorking: false },
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'certkeeper_build_info{version="1.2.3",node="v24.0.0"} 1',
        'certkeeper_agent_runs_total 5',
        'certkeeper_agent_working 0',
        'certkeeper_agent_last_run_timestamp_seconds 1796083200',
        'certkeeper_cmp_outstanding{ca="L",type="ir"} 2',
        'certkeeper_jobs_failing{job="update",kind="blocked"} 3',
        'certkeeper_ca_silent{ca="L"} 1',
        'certkeeper_job_lag_seconds 90',
      ]),
    );
  });

  it('tells of OCSP responses when they end, what is tried in vain, and where they are not served', async () => {
    const lines = await series({
      staples: [
        {
          name: 'gw1',
          certificate: 'ab',
          thisUpdate: day,
          nextUpdate: day,
          nextAt: day,
          failures: 2,
          code: 'timeout',
        },
        { name: 'gw2', certificate: 'cd', nextAt: day, failures: 0 },
      ],
      failingEndpoints: [{ name: 'gw1', endpoint: 'web' }],
    });
    expect(lines.filter((line) => line.startsWith('certkeeper_staple'))).toStrictEqual([
      'certkeeper_staple_this_update_timestamp_seconds{name="gw1",certificate="ab"} 1796083200',
      'certkeeper_staple_next_update_timestamp_seconds{name="gw1",certificate="ab"} 1796083200',
      'certkeeper_staple_next_fetch_timestamp_seconds{name="gw1",certificate="ab"} 1796083200',
      'certkeeper_staple_next_fetch_timestamp_seconds{name="gw2",certificate="cd"} 1796083200',
      'certkeeper_staple_failures{name="gw1",certificate="ab",code="timeout"} 2',
      'certkeeper_staple_failures{name="gw2",certificate="cd",code=""} 0',
      'certkeeper_staple_endpoint_failing{name="gw1",endpoint="web"} 1',
    ]);
  });

  it('tells what is told to others, and whether it arrives', async () => {
    const lines = await series({
      alarms: [{ family: 'expiry', severity: 'major', count: 2 }],
      destinations: [{ name: 'noc', waiting: 3, dropped: 4, sentAt: day, isFailing: true }],
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'certkeeper_alarms{family="expiry",severity="major"} 2',
        'certkeeper_notifications_waiting{destination="noc"} 3',
        'certkeeper_notifications_failing{destination="noc"} 1',
        'certkeeper_notifications_dropped_total{destination="noc"} 4',
        'certkeeper_notifications_last_sent_timestamp_seconds{destination="noc"} 1796083200',
      ]),
    );
  });

  it('lets others have their turn while it writes of many certificates', async () => {
    const certificates = Array.from({ length: 5000 }, (_, i) => certificate({ name: `n${i}` }));
    let turns = 0;
    const lines = await series({ certificates, omitted: 12 }, async () => void turns++);
    expect(lines.filter((line) => line.startsWith('x509_cert_not_after'))).toHaveLength(5000);
    expect(lines).toContain('certkeeper_certificates_omitted 12');
    expect(turns).toBeGreaterThan(10);
  });
});

describe('labelsOf()', () => {
  it('gives a certificate the labels that x509-certificate-exporter gives it', () => {
    const [pem] = decodePem(gatewayPem);
    const labels = labelsOf(decodeCertificate(pem?.der ?? new Uint8Array()), '/etc/tls/gw1.pem');
    expect(labels).toMatchObject({
      filename: 'gw1.pem',
      filepath: '/etc/tls/gw1.pem',
      serial_number: expect.stringMatching(/^\d+$/),
      subject_CN: expect.any(String),
      issuer_CN: expect.any(String),
    });
    for (const label of Object.keys(labels)) expect(certificateLabels).toContain(label);
  });
});
