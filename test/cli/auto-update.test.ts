import { describe, expect, it } from 'vitest';
import { becomeAgent } from '../../src/agent/agent-lease.ts';
import { livenessOf, thisProcess } from '../../src/agent/process-identity.ts';
import { parseLabel } from '../../src/base/label.ts';
import { addCa, benchWithCa, der, gw1 } from './bench-with-ca.ts';
import { gatewayPem } from './certificates.ts';
import { now, type Bench } from './run-cli.ts';

const line = ['cmp', 'auto-update', 'current-name', 'gw1', 'ca-root', 'rootA', 'time', '30'];

async function prepared(): Promise<Bench> {
  const bench = benchWithCa();
  await bench.run(addCa(bench));
  await bench.withStore((store) =>
    store.certificates.import({
      name: gw1,
      der: der(gatewayPem),
      chain: [],
      source: 'import',
      key: { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) },
      ca: parseLabel('rootA', 'ca-root'),
      at: now,
    }),
  );
  return bench;
}

async function jsonOf(bench: Bench, ...words: string[]): Promise<Record<string, unknown>> {
  const value: unknown = JSON.parse((await bench.run([...words, '--json'])).out);
  return { ...(typeof value === 'object' ? value : {}) };
}

/** The first renewal of `agent plan`. */
async function plannedUpdate(bench: Bench): Promise<unknown> {
  const { jobs } = await jsonOf(bench, 'agent', 'plan', 'days', '400');
  return Array.isArray(jobs)
    ? jobs.find((job: unknown) => JSON.stringify(job).includes('"update"'))
    : undefined;
}

describe('cmp auto-update', () => {
  it('says when the agent renews, and that none runs', async () => {
    const { code, out } = await (await prepared()).run(line);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^"gw1" is renewed by the agent 30 days before its end: next at 2027-10-.*; no agent runs now: certkeeper agent run\n$/,
      ),
    });
  });

  it('says nothing of an agent that runs', async () => {
    const bench = await prepared();
    await bench.withStore((store) =>
      becomeAgent({
        store,
        clock: { now: () => now, sleep: async () => undefined },
        random: { bytes: (length) => new Uint8Array(length) },
        holder: thisProcess(),
        livenessOf: (owner) => livenessOf(owner),
      }),
    );
    expect((await bench.run(line)).out).not.toContain('no agent');
    const { out } = await bench.run([...line, '--json']);
    expect(JSON.parse(out)).toMatchObject({ agentRuns: true });
  });

  it('says the same moment as show cert and agent plan', async () => {
    const bench = await prepared();
    const { renewalAt } = await jsonOf(bench, ...line);
    const { next } = await jsonOf(bench, 'show', 'cert', 'gw1');
    expect(next).toMatchObject({ action: 'renew', at: renewalAt, windowFrom: 'days' });
    expect(await plannedUpdate(bench)).toMatchObject({ at: renewalAt });
  });

  it('says with a maintenance window when that opens, as all that tell of it do', async () => {
    const bench = await prepared();
    await bench.run([...'agent window add late cron'.split(' '), '0 3 28 * *', 'duration', '1h']);
    const at = '2027-10-28T03:00:00Z';
    const postponed = 'maintenance window';
    expect(await jsonOf(bench, ...line)).toMatchObject({ renewalAt: at, postponed });
    expect((await bench.run(line)).out).toContain(`next at ${at}, in a maintenance window;`);
    expect(await jsonOf(bench, 'show', 'cert', 'gw1')).toMatchObject({ next: { at, postponed } });
    const { out } = await bench.run(['show', 'cert', 'gw1']);
    expect(out).toMatch(new RegExp(`^next +renew at ${at} `, 'm'));
    expect(out).toMatch(/^later for +maintenance window$/m);
    expect(await plannedUpdate(bench)).toMatchObject({ at, postponed });
  });

  it('is taken back of a name that is there only', async () => {
    const bench = await prepared();
    for (const word of ['cmp auto-update nix time 30', 'no cmp auto-update nix']) {
      const { code, err } = await bench.run(word.split(' '));
      expect(code).toBe(3);
      expect(err).toContain('there is no such certificate');
    }
    const unset = await bench.run(['no', 'cmp', 'auto-update', 'gw1']);
    expect(unset).toMatchObject({ code: 0, out: '"gw1" was not renewed by the agent\n' });
  });
});
