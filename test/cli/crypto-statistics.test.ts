import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { certificateDer } from '../../src/x509/certificate.ts';
import { someDay } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { entry, makeCrl } from '../revocation/crl-made.ts';
import { makeBench, type Bench } from './run-cli.ts';

function file(bench: Bench, name: string, octets: Uint8Array): string {
  const path = join(bench.directory, name);
  writeFileSync(path, octets);
  return path;
}

async function withPolicy(): Promise<{ readonly bench: Bench; readonly verify: string[] }> {
  const bench = makeBench(someDay);
  const rootFile = file(bench, 'root.der', certificateDer(root.certificate));
  await bench.run(['cert', 'import', 'cert-name', 'rootA', 'file', rootFile, 'ca']);
  const crls = [makeCrl(root), makeCrl(sub, { entries: [entry(leaf)] })];
  for (const [i, octets] of crls.entries()) {
    const url = file(bench, `${i}.crl`, octets);
    await bench.run(['ca-crl', 'name', `c${i}`, 'der', 'url', url]);
  }
  const line = 'crypto map gw ikev2-ipv4 ca rootA purpose any ca-crl list ca-crl-name c0,c1';
  expect(await bench.run(line.split(' '))).toMatchObject({ code: 0 });
  const [peer, chain] = [leaf, sub].map(({ certificate }, i) =>
    file(bench, `${i}.der`, certificateDer(certificate)),
  );
  return { bench, verify: ['verify', peer ?? '', 'chain', chain ?? '', 'policy', 'gw'] };
}

it('counts what verify judged, shows it, and sets it to zero', async () => {
  const { bench, verify } = await withPolicy();
  const nothing = await bench.run(['show', 'crypto', 'statistics']);
  expect(nothing.out).toContain('No peer was judged yet');
  for (let i = 0; i < 2; i++) {
    expect(await bench.run(verify)).toMatchObject({ code: 9 });
  }
  const shown = await bench.run(['show', 'crypto', 'statistics']);
  expect(shown.out).toMatch(/path\.rejected\.revoked +2 /);
  expect(shown.out).toMatch(/crl\.fetches\.file\.fetched +2 /);
  const { out } = await bench.run(['--json', 'show', 'crypto', 'statistics']);
  expect(JSON.parse(out)).toMatchObject({
    since: '2026-06-15T12:00:00Z',
    counters: { 'path.rejected.revoked': 2, 'event.peer-revoked': 2, 'crl.hits': 2 },
    lastAt: { 'path.rejected.revoked': '2026-06-15T12:00:00Z' },
  });
  const cleared = await bench.run(['clear', 'crypto', 'statistics', '--dry-run']);
  expect(cleared).toMatchObject({ code: 0 });
  expect((await bench.run(['show', 'crypto', 'statistics'])).out).toContain('path.rejected');
  await bench.run(['clear', 'crypto', 'statistics']);
  const { out: after } = await bench.run(['--json', 'show', 'crypto', 'statistics']);
  expect(JSON.parse(after)).toMatchObject({ since: '2026-06-15T12:00:00Z', counters: {} });
});

it('does not count who is judged by another time', async () => {
  const { bench, verify } = await withPolicy();
  await bench.run([...verify, 'at', '2026-06-14']);
  expect((await bench.run(['show', 'crypto', 'statistics'])).out).toContain('No peer was judged');
});

it('names in a policy certificates of ours that are there, and keeps them from being removed', async () => {
  const { bench } = await withPolicy();
  const set = 'crypto template phones ikev2-dynamic ca rootA ocsp cert-name gw1'.split(' ');
  const unknown = await bench.run(set);
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toContain('Cannot use certificate "gw1" as cert-name: there is none');
  const own = file(bench, 'gw1.der', certificateDer(leaf.certificate));
  await bench.run(['cert', 'track', 'cert-name', 'gw1', 'file', own]);
  expect(await bench.run(set)).toMatchObject({ code: 0 });
  expect((await bench.run(['show', 'crypto', 'policy', 'phones'])).out).toMatch(/cert-name +gw1/);
  const removed = await bench.run(['cert', 'remove', 'cert-name', 'gw1', '--yes']);
  expect(removed.err).toContain('policy "phones" needs it');
});

it('takes certificates of ours from the configuration file, and says where one is that nobody knows', async () => {
  const { bench } = await withPolicy();
  const own = file(bench, 'gw1.der', certificateDer(leaf.certificate));
  await bench.run(['cert', 'track', 'cert-name', 'gw1', 'file', own]);
  const policy = (names: string): string =>
    file(
      bench,
      'gw.yaml',
      Buffer.from(
        `crypto-policy:\n  gw: { kind: ikev2-dynamic, ca: rootA, ocsp: on, cert-name: ${names} }\n`,
      ),
    );
  const refused = await bench.run(['config', 'apply', policy('[gw1, gw2]'), '--yes']);
  expect(refused.code).toBe(3);
  expect(refused.err).toContain('"gw2"');
  const applied = await bench.run(['config', 'apply', policy('[gw1]'), '--yes']);
  expect(applied).toMatchObject({ code: 0 });
  const { out } = await bench.run(['config', 'show', '--json']);
  expect(JSON.parse(out)).toMatchObject({
    config: { 'crypto-policy': { gw: { 'cert-name': ['gw1'] } } },
  });
});

it('counts what the agent judged, at its end at the latest', async () => {
  const { bench, verify } = await withPolicy();
  const running = bench.run(['agent', 'run']);
  onTestFinished(async () => void (await bench.run(['agent', 'stop'])));
  await vi.waitFor(
    async () => {
      const { out } = await bench.run(['agent', 'status', '--json']);
      const { runs = 0 }: { readonly runs?: number } = JSON.parse(out);
      expect(runs).toBeGreaterThan(0);
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(await bench.run(verify)).toMatchObject({ code: 9 });
  await bench.run(['agent', 'stop']);
  const { err } = await running;
  expect(err).toContain('a peer has a certificate that is revoked');
  const { out } = await bench.run(['--json', 'show', 'crypto', 'statistics']);
  expect(JSON.parse(out)).toMatchObject({ counters: { 'path.rejected.revoked': 1 } });
});
