import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { thisProcess } from '../../src/agent/process-identity.ts';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import { makeBench, now, type Bench, type Outcome } from './run-cli.ts';

/** Until a whole process would have started, on a machine with other things to do. */
const patience = { timeout: 10_000, interval: 20 };

async function withAgent(words: readonly string[] = []): Promise<Bench> {
  const bench = benchWithCa();
  await bench.run(addCa(bench));
  await importGateway(bench);
  const running = bench.run(['agent', 'run', ...words]);
  onTestFinished(async () => {
    await bench.run(['agent', 'stop']);
    await running;
  });
  await vi.waitFor(async () => {
    const { out } = await bench.run(['agent', 'status']);
    expect(out).toMatch(/^runs +\d/m);
  }, patience);
  return bench;
}

describe('cmp poll', () => {
  it('goes through a running agent, says what it says without one, and names both in the audit trail', async () => {
    const without = benchWithCa();
    await without.run(addCa(without));
    await importGateway(without);
    const bench = await withAgent();
    // Whoever comes first delivers it.
    for (const each of [without, bench]) await each.run(['cmp', 'poll', 'current-cert', 'gw1']);
    for (const words of [
      ['cmp', 'poll', 'current-cert', 'gw1'],
      ['cmp', 'poll', 'current-cert', 'gw1', '--json'],
      ['cmp', 'poll', 'current-cert', 'gw1', '--quiet'],
      ['cmp', 'poll', 'current-cert', 'nobody'],
      ['cmp', 'poll', 'current-cert', 'nobody', '--json'],
    ]) {
      const plain = (outcome: Outcome): Outcome => ({
        ...outcome,
        out: outcome.out.replaceAll(without.state, bench.state),
        err: outcome.err.replaceAll(without.state, bench.state),
      });
      expect(await bench.run(words)).toEqual(plain(await without.run(words)));
    }
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toMatch(/ agent .*cmp poll/);
    const acts = out.split('\n').filter((line) => line.includes('cmp poll'));
    expect(acts).toHaveLength(12);
    // That of the agent, and that of who asked: both know why nothing came of it.
    const failed = acts.filter((line) => line.includes('nobody'));
    expect(failed).toHaveLength(4);
    for (const line of failed) expect(line).toMatch(/ failed 3 CERT_UNKNOWN/);
  });

  it('waits for what the agent itself is doing about the name', async () => {
    const bench = await withAgent();
    const id = 'of the agent';
    const until = new Date(now.getTime() + 60_000);
    const fence = await vi.waitFor(async () => {
      const lease = await bench.withStore((store) =>
        store.leases.acquire('gw1', { ...thisProcess(), id }, now, until, () => true),
      );
      if ('heldBy' in lease) throw new Error('the agent is still at it');
      return lease.fence;
    }, patience);
    let isDone = false;
    const polling = bench.run(['cmp', 'poll', 'current-cert', 'gw1']).finally(() => {
      isDone = true;
    });
    await vi.waitFor(async () => {
      const { out } = await bench.run(['show', 'audit']);
      expect(out).toMatch(/ agent .*cmp poll/);
    }, patience);
    expect(isDone).toBe(false);
    await bench.withStore((store) => store.leases.release('gw1', id, fence));
    expect(await polling).toMatchObject({ code: 0, out: expect.stringContaining('gw1') });
  });

  it('asks no agent to do what is only tried', async () => {
    const bench = await withAgent();
    await bench.run(['cmp', 'poll', 'current-cert', 'gw1', 'dry-run']);
    const { out } = await bench.run(['show', 'audit']);
    expect(out).not.toContain('cmp poll');
  });
});

describe('agent run group', () => {
  it('tells members of the group what they may know, without a store of theirs', async () => {
    const place = makeBench();
    const path = join(place.directory, 'agent.sock');
    const bench = await withAgent(['group', String(process.getegid?.()), 'socket', path]);
    const theirs = ['socket', path];
    const status = await place.run(['agent', 'status', ...theirs]);
    expect(status).toMatchObject({ code: 0, out: expect.stringMatching(/^runs +\d/m) });
    const plan = await place.run(['agent', 'plan', 'days', '60', '--json', ...theirs]);
    expect(JSON.parse(plan.out)).toMatchObject({ days: 60 });
    expect(plan).toEqual(await bench.run(['agent', 'plan', 'days', '60', '--json']));
    const poll = ['cmp', 'poll', 'current-cert', 'gw1'];
    // The agent delivers it first; by this clock, which stands still, nobody waits for that.
    await vi.waitFor(async () => expect((await bench.run(poll)).code).toBe(0), patience);
    const polled = await place.run([...poll, ...theirs]);
    expect(polled).toEqual(await bench.run(poll));
    expect(await place.run(['agent', 'reload', ...theirs])).toMatchObject({ code: 0 });
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toMatch(/ agent .*agent reload/);
    expect(await place.run(['show', 'cert', ...theirs])).toMatchObject({ code: 2 });
  });

  it.each([
    ['group wheel-of-nobody socket /tmp/x', 3, 'Cannot find group'],
    ['group 0', 2, 'socket PATH'],
    ['socket /tmp/x', 2, 'group G'],
  ])('refuses "agent run %s" before there is a store', async (words, code, said) => {
    const bench = makeBench();
    expect(await bench.run(['agent', 'run', ...words.split(' ')])).toMatchObject({
      code,
      err: expect.stringContaining(said),
    });
  });

  it('says so where nobody listens', async () => {
    const bench = makeBench();
    expect(await bench.run(['agent', 'plan', 'socket', '/nowhere/agent.sock'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('none listens'),
    });
  });
});
