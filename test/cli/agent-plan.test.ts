import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { addCa, benchWithCa, der, gw1 } from './bench-with-ca.ts';
import { gatewayPem } from './certificates.ts';
import { now, type Bench } from './run-cli.ts';

/** A store with a certificate that the agent renews. */
async function renewing(pem: string): Promise<Bench> {
  const bench = benchWithCa();
  await bench.run(addCa(bench));
  await bench.withStore(async (store) => {
    await store.certificates.import({
      name: gw1,
      der: der(pem),
      chain: [],
      source: 'import',
      key: { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) },
      ca: parseLabel('rootA', 'ca-root'),
      at: now,
    });
    await store.nameSettings.set(gw1, 'auto-update-days', '30');
  });
  return bench;
}

describe('agent plan', () => {
  it('sends a first request again that was left to it, and show cmp outstanding-req says when', async () => {
    const bench = benchWithCa();
    const silent = addCa(bench).map((word) =>
      word.startsWith('http:') ? 'http://127.0.0.1:1/' : word,
    );
    await bench.run(silent);
    const ask =
      'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1 ca-psk gw1:env:PSK retry';
    const { code, err } = await bench.run(ask.split(' '), { env: { PSK: 'pass-word' } });
    expect(code).toBe(5);
    expect(err).toContain('stays outstanding: the agent sends it again, or go on with "certkeeper');
    const plan: unknown = JSON.parse((await bench.run(['agent', 'plan', '--json'])).out);
    expect(plan).toMatchObject({
      jobs: [{ kind: 'enrol', name: 'gw1', ca: 'rootA', postponed: 'retry' }],
    });
    const { out } = await bench.run(['show', 'cmp', 'outstanding-req']);
    expect(out).toMatch(
      /^gw1 +ir +rootA +requested +2026-12-01T00:00:00Z +2026-12-01T00:0\d:\d\dZ +0 /m,
    );
  });

  it('names what comes next where nothing is to be done in these days', async () => {
    const bench = await renewing(gatewayPem);
    const { out } = await bench.run(['agent', 'plan', 'days', '3']);
    expect(out).toMatch(/^Nothing to do in 3 days in .*; next is \w+ "gw1" at 2027-\S+Z\n$/);
    const json: unknown = JSON.parse((await bench.run(['agent', 'plan', '--json'])).out);
    expect(json).toMatchObject({ jobs: [], next: { name: 'gw1' } });
  });

  it('shows the first renewals of a certificate of 90 seconds, and counts the others', async () => {
    const lifetime = { notBefore: now, notAfter: new Date(now.getTime() + 90_000) };
    const { certificate } = issue({ subject: 'CN=gw1', ...lifetime });
    const bench = await renewing(encodePem('CERTIFICATE', certificateDer(certificate)));
    const { out } = await bench.run(['agent', 'plan']);
    const lines = out.split('\n').filter((line) => line.includes('update'));
    expect(lines).toHaveLength(4);
    expect(lines[3]).toMatch(/^update "gw1": then about every \S+, \d+ times until .*, and on$/);
  });
});
