import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { makeProcesses, type Processes } from '../kill/agent-processes.ts';
import { inspector } from '../simulate/inspector.ts';
import { fakedTime } from './faked-time.ts';

const dayMs = 86_400_000;

beforeEach((context) => {
  requirePeer(context, 'faketime');
});

interface Job {
  readonly at: string;
  readonly kind: string;
}

async function json<T>(processes: Processes, ...words: readonly string[]): Promise<T> {
  const { code, out, err } = await processes.run(...words, '--json');
  expect(code, err).toBe(0);
  const parsed: T = JSON.parse(out);
  return parsed;
}

async function nextRenewal(processes: Processes): Promise<Date> {
  const { jobs } = await json<{ jobs: readonly Job[] }>(processes, 'agent', 'plan', 'days', '30');
  const next = jobs.find(({ kind }) => kind === 'update');
  if (next === undefined) throw new Error(`no renewal is planned: ${JSON.stringify(jobs)}`);
  return new Date(next.at);
}

function until(look: () => void): Promise<void> {
  return vi.waitFor(look, { timeout: 20_000, interval: 50 });
}

// The time of day is set from one announced moment to the next, for agent and lab together. Running it fast instead
// would break every timeout of HTTP.
describe('a year of the agent', () => {
  it('renews a certificate of 30 days at each announced moment, and never because the clock was set back or it was told to reload', async () => {
    const time = fakedTime();
    const processes = makeProcesses(time.env);
    onTestFinished(() => processes.close());
    await processes.lab('--validity', '30d');
    await processes.know();
    const enrol = 'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1 ca-root lab';
    expect(await processes.run(...enrol.split(' '))).toMatchObject({ code: 0 });
    const keep = 'cmp auto-update current-name gw1 time 10';
    expect(await processes.run(...keep.split(' '))).toMatchObject({ code: 0 });
    let agent = processes.agent();
    await agent.until('The agent runs');
    const inspect = inspector(processes.store, [processes.ledger]);
    onTestFinished(() => inspect.close());
    const version = (): number => inspect.current()[0]?.version ?? 0;
    const jumps = (): number => agent.err().split('the clock has jumped').length - 1;

    const end = time.now().getTime() + 365 * dayMs;
    let renewals = 0;
    const renewed = async (next: Date): Promise<void> => {
      time.set(new Date(next.getTime() + 1000));
      renewals++;
      await until(() => {
        expect(agent.child.exitCode, agent.err()).toBeNull();
        expect(version(), agent.err()).toBe(renewals + 1);
        expect(inspect.current()[0]?.deliveredAt).toBeDefined();
      });
      // Within a minute of the announced moment, by the clock of the CA.
      const late = (inspect.issuedAfter([renewals])[0]?.issuedAt ?? 0) - next.getTime();
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(60_000);
    };
    for (let i = 0; i < 9; i++) await renewed(await nextRenewal(processes));

    // A minute before, and three days before that, everything is looked at, and nothing happens.
    const tenth = await nextRenewal(processes);
    const before = jumps();
    time.set(new Date(tenth.getTime() - 60_000));
    await until(() => expect(jumps()).toBe(before + 1));
    time.set(new Date(time.now().getTime() - 3 * dayMs));
    await until(() => expect(jumps()).toBe(before + 2));
    expect(await nextRenewal(processes)).toEqual(tenth);
    expect(version()).toBe(renewals + 1);

    // Neither is anything asked for because it reads everything again, without a configuration file or by one.
    const reloaded = async (): Promise<void> => {
      const { code, err } = await processes.run('agent', 'reload');
      expect(code, err).toBe(0);
      expect(await nextRenewal(processes)).toEqual(tenth);
      expect(version()).toBe(renewals + 1);
      expect(inspect.issuedAfter([0])).toHaveLength(renewals + 1);
    };
    await reloaded();
    expect(await agent.end('SIGTERM')).toBe(0);
    const file = join(processes.home, 'gateway.yaml');
    writeFileSync(file, 'certificates: { gw1: { auto-update: 10 } }\n');
    agent = processes.agent('config', file);
    await agent.until('The agent runs');
    await reloaded();
    writeFileSync(file, 'retention: { history: 500 }\n');
    await reloaded();
    await renewed(tenth);

    for (;;) {
      const next = await nextRenewal(processes);
      if (next.getTime() > end) break;
      await renewed(next);
    }
    expect(renewals).toBe(18);
    expect(inspect.issuedAfter([0])).toHaveLength(renewals + 1);
    expect(inspect.outstanding().size).toBe(0);
    expect(inspect.broken()).toStrictEqual([]);
    const pem = readFileSync(join(processes.state, 'certs', 'gw1.cert.pem'));
    expect(new X509Certificate(pem).validToDate.getTime()).toBeGreaterThan(time.now().getTime());
    expect(await agent.end('SIGTERM')).toBe(0);
  }, 300_000);
});
