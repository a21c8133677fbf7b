/**
 * The command line, in a process that kills itself: started by the tests with a command line as arguments
 * and, in the environment, the moment to die. What it did is written down at its end, for counting.
 */
import { writeFileSync } from 'node:fs';
import { compose } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { run } from '../../src/cli/run.ts';
import { createProcessIo } from '../../src/cli/process-io.ts';
import { nodeDeliveryFs, type DeliveryFs } from '../../src/deploy/delivery-fs.ts';
import { deliverFiles } from '../../src/deploy/files.ts';
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

/** The real file system, passing a moment after everything it changes. */
const dyingFs: DeliveryFs = {
  ...nodeDeliveryFs,
  makeDirectory: passAfter(nodeDeliveryFs.makeDirectory),
  writeNew: passAfter(nodeDeliveryFs.writeNew),
  duplicate: passAfter(nodeDeliveryFs.duplicate),
  rename: passAfter(nodeDeliveryFs.rename),
  remove: passAfter(nodeDeliveryFs.remove),
  removeAll: passAfter(nodeDeliveryFs.removeAll),
};

async function services(stateDirectory: string, log: Log): ReturnType<typeof compose> {
  const real = await compose({
    stateDirectory,
    log,
    clock: jumpingClock(systemClock),
    onWrite: () => pass('write'),
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
    deliver: (delivery) => deliverFiles({ ...delivery, log, fs: dyingFs }),
  };
}

process.exitCode = await run(process.argv.slice(2), createProcessIo(), ({ state = '' }, _io, log) =>
  services(state, log),
);
const seen: Moments = counts;
writeFileSync(process.env['CERTKEEPER_COUNTS'] ?? '/dev/null', JSON.stringify(seen));
