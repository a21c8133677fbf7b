/**
 * The command line, in a process that kills itself: started by the tests with a command line as arguments
 * and, in the environment, the moment to die. What it did is written down at its end, for counting.
 */
import { promises, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { compose } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { run } from '../../src/cli/run.ts';
import { createProcessIo } from '../../src/cli/process-io.ts';
import { parseSecretSource, resolveSecret } from '../../src/cli/secret.ts';
import { nodeDeliveryFs, type DeliveryFs } from '../../src/deploy/delivery-fs.ts';
import type { Log } from '../../src/base/log.ts';
import { noMoments, type Moment, type Moments } from './moments.ts';
import { jumpingClock } from './jumping-clock.ts';

const counts: Record<Moment, number> = { ...noMoments };
const [moment = '', number = ''] = (process.env['CERTKEEPER_KILL_AT'] ?? '').split(' ');

/** Die here, as after a power cut, if this is the moment. */
function pass(reached: Moment): void {
  counts[reached] += 1;
  if (reached === moment && counts[reached] === Number(number)) {
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Pass a moment after what a function does. */
function passAfter<A extends readonly unknown[]>(
  work: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    await work(...args);
    pass('file');
  };
}

// Whoever writes files for others does it by these, and removes them by those of Node: a moment passes after everything
// that is changed.
const { makeDirectory, writeNew, duplicate, rename, removeAll } = nodeDeliveryFs;
const dying: Partial<DeliveryFs> = {
  makeDirectory: passAfter(makeDirectory),
  writeNew: passAfter(writeNew),
  duplicate: passAfter(duplicate),
  rename: passAfter(rename),
  removeAll: passAfter(removeAll),
};
Object.assign(nodeDeliveryFs, dying);
promises.unlink = passAfter(promises.unlink);
promises.rmdir = passAfter(promises.rmdir);
syncBuiltinESMExports();

const io = createProcessIo();

async function services(stateDirectory: string, log: Log): ReturnType<typeof compose> {
  const real = await compose({
    stateDirectory,
    log,
    clock: jumpingClock(systemClock),
    onWrite: () => pass('write'),
    pin: (source, what) => resolveSecret(parseSecretSource(source, what), what, { io, log }),
  });
  return {
    ...real,
    connect(url, timeouts) {
      const transport = real.connect(url, timeouts);
      return {
        ...transport,
        async exchange(der, signal) {
          const answer = await transport.exchange(der, signal);
          pass('answer');
          return answer;
        },
      };
    },
  };
}

process.exitCode = await run(process.argv.slice(2), io, ({ state = '' }, _io, log) =>
  services(state, log),
);
const seen: Moments = counts;
writeFileSync(process.env['CERTKEEPER_COUNTS'] ?? '/dev/null', JSON.stringify(seen));
