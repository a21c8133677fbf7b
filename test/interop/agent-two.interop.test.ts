import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeProcesses, type Ended, type Processes } from '../kill/agent-processes.ts';

/** How an agent ends that may not begin. */
async function refused(processes: Processes): Promise<Ended> {
  return processes.run('agent', 'run');
}

describe('two agents on one state directory', () => {
  it('of which one works, and the other says which process that is, until it is killed', async () => {
    const processes = makeProcesses();
    onTestFinished(() => processes.close());
    const first = processes.agent();
    await first.until('The agent runs');
    const second = await refused(processes);
    expect(second.code).toBe(3);
    expect(second.err).toContain(`process ${first.child.pid} on `);
    expect(second.err).toContain('has been the agent of this store since');
    // It has not disturbed the one that works: that still answers.
    const status = await processes.run('agent', 'status', '--json');
    expect(JSON.parse(status.out)).toMatchObject({ running: true, pid: first.child.pid });
    expect(JSON.parse(status.out).runs).toBeGreaterThan(0);

    expect(await first.end('SIGKILL')).toBeNull();
    expect(await processes.run('agent', 'status')).toMatchObject({ code: 3 });
    const heir = processes.agent();
    await heir.until('The agent runs');
    const isAsked = async () => {
      const { code, out } = await processes.run('agent', 'status', '--json');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ pid: heir.child.pid, runs: expect.any(Number) });
    };
    await vi.waitFor(isAsked, { timeout: 20_000, interval: 100 });
    expect((await refused(processes)).err).toContain(`process ${heir.child.pid} on `);
    expect(await heir.end('SIGTERM')).toBe(0);
  }, 120_000);
});
