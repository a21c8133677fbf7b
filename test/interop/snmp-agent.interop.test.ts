import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import { spread } from '../../src/base/spread.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { openStore } from '../../src/store/open.ts';
import { openLab, random, reference, secret, temporaryDirectory } from '../ca/lab-under-test.ts';
import { issue, makeKey } from '../harness/certificates.ts';
import { requirePeer } from '../harness/require.ts';
import { named } from '../lifecycle/site.ts';
import { authKey, community, privKey } from '../traps/receiver.ts';
import { startTrapd, type Trapd } from './snmp-trapd.ts';

beforeEach((context) => requirePeer(context, 'snmptrapd'));

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const hourMs = 3_600_000;

/** One that is told of among the first after a start: what is found then is spread over a minute. */
const name =
  Array.from({ length: 500 }, (_, i) => `gw${i}`).find((each) => spread(each) < 0.01) ?? 'gw1';

interface Bench {
  readonly state: string;
  /** Run a command, and give what it printed. */
  run(...words: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }>;
  /** Start the agent, with a beat every second. */
  agent(): ChildProcess;
}

function makeBench(): Bench {
  const directory = temporaryDirectory();
  const state = join(directory, 'state');
  mkdirSync(state, { mode: 0o700 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    CERTKEEPER_STATE: state,
    CERTKEEPER_TEST_BEAT_SECONDS: '1',
    PSK: new TextDecoder().decode(secret),
    COMMUNITY: community,
    AUTH_KEY: authKey,
    PRIV_KEY: privKey,
  };
  const begin = (words: readonly string[]) => {
    const child = spawn(process.execPath, [main, ...words], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  return {
    state,
    async run(...words) {
      const child = begin(words);
      const [out, err] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { code: child.exitCode, out: out + err };
    },
    agent() {
      const child = begin(['agent', 'run']);
      for (const stream of [child.stdout, child.stderr]) stream.resume();
      return child;
    },
  };
}

/** Every way there is to a receiver of SNMP. */
const ways = [
  ['trap-2c', 'version 2c kind trap community env:COMMUNITY'],
  ['inform-2c', 'version 2c kind inform community env:COMMUNITY'],
  ['trap-3', 'kind trap user sha256 auth-key env:AUTH_KEY priv-key env:PRIV_KEY'],
  [
    'inform-3',
    'kind inform user sha512 auth sha512 priv aes256 auth-key env:AUTH_KEY priv-key env:PRIV_KEY',
  ],
] as const;

async function addWays(
  { run }: Bench,
  port: number,
  some: readonly (typeof ways)[number][] = ways,
): Promise<void> {
  for (const [way, words] of some) {
    const line = `snmp destination add ${way} host 127.0.0.1 port ${port} ${words}`;
    expect(await run(...line.split(' '))).toMatchObject({ code: 0 });
  }
}

/** A certificate from elsewhere that ends in two days, and that the lab is to be asked to renew. */
async function importEnding(state: string): Promise<void> {
  const now = Date.now();
  const key = makeKey();
  const { certificate } = issue({
    subject: `CN=${name},O=Test`,
    key,
    notBefore: new Date(now - 80 * 24 * hourMs),
    notAfter: new Date(now + 48 * hourMs),
  });
  const store = await openStore({ directory: state, clock: systemClock, random });
  await store.certificates.import({
    name: named(name),
    der: certificateDer(certificate),
    chain: [],
    key: {
      spki: toDer(SubjectPublicKeyInfo, key.spki),
      pkcs8: Uint8Array.from(key.privateKey.export({ format: 'der', type: 'pkcs8' })),
    },
    source: 'import',
    ca: named('lab'),
    settings: [['renew-by', 'ir lab']],
    at: new Date(now - 80 * 24 * hourMs),
  });
  await store.close();
}

function count({ log }: Trapd, pattern: RegExp): number {
  return log()
    .split('\n')
    .filter((line) => pattern.test(line)).length;
}

async function arrived(receiver: Trapd, pattern: RegExp, times: number): Promise<void> {
  await vi.waitFor(() => expect(count(receiver, pattern), receiver.log()).toBe(times), {
    timeout: 30_000,
    interval: 50,
  });
}

describe('snmptrapd', () => {
  it('hears of a certificate by traps and informs of v2c and v3 from the agent, over kills, until its renewal', async () => {
    const bench = makeBench();
    const { run } = bench;
    const lab = await openLab({ clock: systemClock });
    const { root } = await lab.writeFiles();
    const server = await lab.listen(0);
    onTestFinished(() => server.close());
    const added = `ca add lab url ${server.url} root ${root} reference ${reference} secret env:PSK`;
    expect(await run(...added.split(' '))).toMatchObject({ code: 0 });
    await importEnding(bench.state);
    // The receiver has to know the engine before the first trap of version 3.
    await addWays(bench, 162, ways.slice(2, 3));
    const { engineID }: { readonly engineID: string } = JSON.parse(
      (await run('show', 'snmp', '--json')).out,
    );
    const receiver = await startTrapd(4, undefined, engineID);
    onTestFinished(() => receiver.stop());
    await addWays(bench, receiver.port);

    const first = bench.agent();
    await arrived(receiver, /clmCertAboutToExpire.*warning\(6\)/, 4);
    expect(await run('snmp', 'destination', 'test', 'inform-3', '--json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/"result": "taken",\s+"byAgent": true/),
    });
    await arrived(receiver, /clmTestNotification/, 1);
    first.kill('SIGKILL');
    await once(first, 'exit');

    const second = bench.agent();
    await vi.waitFor(
      async () => expect((await run('agent', 'status')).out).toMatch(/runs +[1-9]/),
      { timeout: 30_000, interval: 200 },
    );
    expect((await run('show', 'alarms')).out).toMatch(
      new RegExp(`warning .* clmCertAboutToExpire +${name}`),
    );
    await run('snmp', 'destination', 'test', 'trap-3');
    await arrived(receiver, /clmTestNotification/, 2);
    expect(count(receiver, /clmCertAboutToExpire/)).toBe(4);

    await run('cmp', 'auto-update', 'current-name', name, 'time', '30');
    await arrived(receiver, /clmCertRenewed.*cleared\(1\)/, 4);
    await arrived(receiver, /clmCertExpiryCleared.*renewed/, 4);
    expect((await run('show', 'alarms')).out).toContain('Nothing is wrong');
    second.kill('SIGTERM');
    await once(second, 'exit');

    // Without an agent the commands tell what they did themselves, each as one more start of the engine.
    await server.close();
    expect(await run('cmp', 'update', 'current-cert', name)).not.toMatchObject({ code: 0 });
    await arrived(receiver, /clmCertRenewalFailed.*(?:minor\(5\)|major\(4\))/, 4);
    expect((await run('show', 'alarms')).out).toContain('clmCertRenewalFailed');
    await run('clear', 'cmp', 'cert-name', name, '--yes');
    await arrived(receiver, /clmCertRenewalFailed.*cleared\(1\)/, 4);
    expect((await run('show', 'alarms')).out).toContain('Nothing is wrong');
    expect(JSON.parse((await run('show', 'snmp', '--json')).out)).toMatchObject({
      engineID,
      boots: 4,
      destinations: ways.map(() => ({ waiting: 0, dropped: 0 })),
    });
  }, 120_000);
});
