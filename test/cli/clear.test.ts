import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { thisProcess } from '../../src/agent/process-identity.ts';
import type { LeaseOwner } from '../../src/store/leases-contract.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

const later = new Date(now.getTime() + 3_600_000);

async function hold(bench: Bench, changes: Partial<LeaseOwner>): Promise<void> {
  const owner = { ...thisProcess(), id: 'a', ...changes };
  await bench.withStore((store) => store.leases.acquire('gw1', owner, now, later, () => true));
}

function holder(bench: Bench): Promise<unknown> {
  return bench.withStore((store) => store.leases.holder('gw1'));
}

const clear = ['clear', 'cmp', 'cert-name', 'gw1'] as const;

describe('clear cmp cert-name', () => {
  it('gives a name free whose holder cannot be told alive or dead', async () => {
    const bench = makeBench();
    await hold(bench, { pidNamespace: 'pid:[1]', pid: 4711 });
    const { code, out } = await bench.run([...clear, '--yes']);
    expect(code).toBe(0);
    expect(out).toContain('the name is free');
    expect(await holder(bench)).toBeUndefined();
  });

  it('asks before it does, naming the holder', async () => {
    const bench = makeBench();
    await hold(bench, { pidNamespace: 'pid:[1]', pid: 4711 });
    const { err } = await bench.run(clear, { isTTY: true, input: 'n\n' });
    expect(err).toContain(`process 4711 on ${hostname()} since 2026-12-01T00:00:00Z`);
    expect(await holder(bench)).toBeDefined();
  });

  it.runIf(process.platform === 'linux')('leaves a name to a process that is alive', async () => {
    const bench = makeBench();
    await hold(bench, {});
    expect(await bench.run([...clear, '--yes'])).toMatchObject({ code: 3 });
    expect(await holder(bench)).toBeDefined();
  });
});
