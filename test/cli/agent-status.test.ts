import { describe, expect, it } from 'vitest';
import { becomeAgent } from '../../src/agent/agent-lease.ts';
import { livenessOf, thisProcess } from '../../src/agent/process-identity.ts';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import { now } from './run-cli.ts';

describe('agent status', () => {
  it('ends with 3 where no agent runs', async () => {
    const { code, out } = await benchWithCa().run(['agent', 'status', '--json']);
    expect({ code, out: JSON.parse(out) }).toEqual({
      code: 3,
      out: { schemaVersion: 1, running: false },
    });
  });

  it('says that it is time now for a name that changed and was not looked at since', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    await bench.withStore((store) =>
      becomeAgent({
        store,
        clock: { now: () => now, sleep: async () => undefined },
        random: { bytes: (length) => new Uint8Array(length) },
        holder: thisProcess(),
        livenessOf: (owner) => livenessOf(owner),
      }),
    );
    const { code, out } = await bench.run(['agent', 'status']);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`${process.pid}`) });
    expect(out).toMatch(/^next +2026-12-01T00:00:00Z$/m);
  });
});
