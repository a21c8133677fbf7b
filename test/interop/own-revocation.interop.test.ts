import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { spread } from '../../src/base/spread.ts';
import { requirePeer } from '../harness/require.ts';
import { community } from '../traps/receiver.ts';
import { main } from './openssl/command-line.ts';
import { linesForCrl, listing } from './revocation/crl-files.ts';
import { cas, linesFor, workshop, type Workshop } from './revocation/pki.ts';
import { makeSite, type Site } from './revocation/site.ts';
import { startTrapd, type Trapd } from './snmp-trapd.ts';

const peers = ['openssl', 'faketime', 'snmptrapd'] as const;

beforeEach((context) => {
  for (const peer of peers) requirePeer(context, peer);
});

/** One that is told of among the first after a start: what is found then is spread over a minute. */
const own =
  Array.from({ length: 500 }, (_, i) => `gw${i}`).find((each) => spread(each) < 0.01) ?? 'gw1';

const patience = { timeout: 20_000, interval: 50 };

/** Certificates and a CRL of openssl: one of ours, and one of a peer, are revoked. */
function makeAll(shop: Workshop): void {
  const leaf = (name: string, serial: number) =>
    linesFor(shop, { name, issuer: 'sub', serial, extensions: ['keyUsage=digitalSignature'] });
  shop.run(...cas.flatMap((ca) => linesFor(shop, ca)));
  shop.run(...leaf('ours', 0x1000), ...leaf('peer', 0x1001));
  const entries = listing('keyCompromise', 0x1000) + listing('superseded', 0x1001);
  shop.run(...linesForCrl(shop, { name: 'all', entries }));
}

/** Start the agent, with a beat every second, until the test is over. */
function startAgent(site: Site): void {
  const env = {
    PATH: process.env['PATH'],
    CERTKEEPER_TEST_BEAT_SECONDS: '1',
    COMMUNITY: community,
  };
  const child = spawn(process.execPath, [main, '--state', site.state, 'agent', 'run'], {
    env,
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    const over = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await over;
  });
}

async function setUp(shop: Workshop, site: Site, trapd: Trapd): Promise<void> {
  const policy = 'crypto map gw ikev2-ipv4 ca sub purpose any ca-crl list ca-crl-name';
  await site.say(
    ...['root', 'sub'].map((ca) => `cert import cert-name ${ca} file ${shop.path(ca)}.crt ca`),
    `snmp destination add noc host 127.0.0.1 port ${trapd.port} version 2c kind inform community env:COMMUNITY`,
    `notify log everything file ${join(site.state, 'told.log')}`,
    `cert track cert-name ${own} file ${shop.path('ours.crt')}`,
    `ca-crl name all der url ${shop.path('all.crl')}`,
    `ca-crl name gone der url ${shop.path('gone.crl')}`,
    `${policy} all,gone cert-name ${own}`,
  );
}

it('tells snmptrapd that a certificate of ours is in a CRL of openssl, and of a source; of a peer, only others', async () => {
  const shop = workshop();
  const site = makeSite({ COMMUNITY: community });
  const trapd = await startTrapd();
  onTestFinished(async () => {
    await trapd.stop();
    site.close();
    shop.close();
  });
  makeAll(shop);
  await setUp(shop, site, trapd);
  startAgent(site);
  const revoked = await trapd.line(/clmCertRevoked/);
  expect(revoked).toContain(`"${own}"`);
  expect(revoked).toContain('keyCompromise');
  const stale = await trapd.line(/clmRevocationSourceStale/);
  expect(stale).toContain('source-failing');
  expect(stale).toContain('gone.crl');

  const verdict = await site.verify([shop.path('peer.crt'), 'policy', 'gw']);
  expect(verdict).toMatchObject({ verdict: 'reject', reasons: ['revoked'] });
  const file = join(site.state, 'told.log');
  await vi.waitFor(() => {
    expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toContain('"peer-revoked"');
  }, patience);

  await site.say(
    'crypto map gw ikev2-ipv4 ca sub purpose any ca-crl list ca-crl-name all',
    'no ca-crl name gone',
  );
  await trapd.line(/clmRevocationSourceRecovered/);
  // No policy names it any more: nobody looks at it.
  await vi.waitFor(() => expect(trapd.log()).toMatch(/clmCertRevoked.*cleared/), patience);
  expect(trapd.log()).not.toContain('peer');
}, 60_000);
