import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { scaled } from '../harness/effort.ts';
import { seeded, type Seeded } from '../harness/seeded.ts';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import type { Bench } from './run-cli.ts';

const lines = [
  'show cert',
  'show cert gw1',
  'show cmp history',
  'show audit',
  'show alarms',
  'show retention',
  'ca show',
  'config show',
  'agent plan days 90',
  'doctor',
  'cmp auto-update current-name gw1 time 30',
  'retention audit 5000',
  'store rekey',
] as const;

/** A store with a CA, a certificate and a backup of all that, as a folder to be copied. */
async function kept(): Promise<{ readonly bench: Bench; readonly whole: string }> {
  const bench = benchWithCa();
  await bench.run(addCa(bench));
  await importGateway(bench);
  for (let n = 0; n < 30; n++) {
    await bench.run(['notify', 'log', `log${n}`, 'file', join(bench.directory, `${n}.jsonl`)]);
  }
  mkdirSync(join(bench.state, 'backups'), { mode: 0o700 });
  await bench.run(['store', 'backup', join(bench.state, 'backups', 'daily-2026-11-30.db')]);
  const whole = join(bench.directory, 'whole');
  cpSync(bench.state, whole, { recursive: true });
  return { bench, whole };
}

function patch(path: string, offset: number, octets: Uint8Array): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, octets, 0, octets.length, offset);
  closeSync(descriptor);
}

type Draw = Seeded;

const damages: Readonly<Record<string, (path: string, random: Draw) => void>> = {
  'pages overwritten'(path, random) {
    const pages = statSync(path).size / 4096;
    for (let n = 0; n < 1 + random.below(6); n++) {
      patch(path, random.below(pages) * 4096, random.bytes(4096));
    }
  },
  'octets overwritten'(path, random) {
    for (let n = 0; n < 1 + random.below(40); n++) {
      patch(path, random.below(statSync(path).size), random.bytes(1 + random.below(8)));
    }
  },
  'its first page overwritten in parts'(path, random) {
    for (let n = 0; n < 1 + random.below(12); n++) patch(path, random.below(4090), random.bytes(2));
  },
  'its end cut off'(path, random) {
    truncateSync(path, random.below(statSync(path).size));
  },
};

it('is not restored beside an agent, which the hint of every command names', async () => {
  const { bench } = await kept();
  const backup = join(bench.state, 'backups', 'daily-2026-11-30.db');
  const path = join(bench.state, 'store.db');
  // What is lost is not the first page: it opens, and is damaged.
  patch(path, 4096, seeded(1).bytes(statSync(path).size - 4096));
  const server = createServer();
  await once(server.listen(join(bench.state, 'agent.sock')), 'listening');
  onTestFinished(() => void server.close());
  const { err } = await bench.run(['show', 'cert']);
  expect(err).toMatch(/^hint: Stop the agent that runs: certkeeper agent stop; then: Restore /m);
  const octets = readFileSync(path);
  const refused = await bench.run(['store', 'restore', backup, '--yes']);
  expect(refused.code).toBe(3);
  expect(refused.err).toContain('an agent runs, and listens on');
  expect(refused.err).toContain('Stop the agent first');
  expect(readFileSync(path)).toStrictEqual(octets);
  server.close();
  await once(server, 'close');
  expect(await bench.run(['store', 'restore', backup, '--yes'])).toMatchObject({ code: 0 });
});

describe('every command on a store with', () => {
  it.each(Object.entries(damages))(
    '%s ends with words, and restore brings it back',
    async (_, damage) => {
      const { bench, whole } = await kept();
      const path = join(bench.state, 'store.db');
      const before = (await bench.run(['show', 'cert', '--json'])).out;
      for (let seed = 1; seed <= scaled(3); seed++) {
        rmSync(bench.state, { recursive: true });
        cpSync(whole, bench.state, { recursive: true });
        damage(path, seeded(seed));
        for (const line of lines) {
          const { code, err } = await bench.run(line.split(' '));
          const said = `seed ${seed}, ${line}: ${code} ${err}`;
          expect(said).not.toMatch(/bug in certkeeper|INTERNAL|^\s+at /m);
          // Whatever is damaged, the way back is told: with the code comes a hint that leads there.
          expect(said).not.toMatch(
            /^hint: (?!.*(?:restore|backup|store key)).*\ncode: STORE_CORRUPT/im,
          );
        }
        const { code, err } = await bench.run([
          'store',
          'restore',
          join(bench.state, 'backups', 'daily-2026-11-30.db'),
          '--yes',
        ]);
        expect(`seed ${seed}: ${code} ${err}`).toMatch(/^seed \d+: 0 /);
        expect((await bench.run(['show', 'cert', '--json'])).out).toBe(before);
      }
    },
  );
});
