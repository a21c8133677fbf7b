import { systemClock } from '../../agent/system-clock.ts';
import { systemRandom } from '../../agent/system-random.ts';
import { writeLabFiles } from '../../ca/lab-files.ts';
import { rollRoot } from '../../ca/roll-root.ts';
import type { Body } from '../command.ts';
import { labDirectory, withLedger } from '../lab-directory.ts';
import type { labDirParameters } from '../parameters-lab.ts';

/** Give the lab a new root, perhaps while it runs. */
export const run: Body<typeof labDirParameters> = async ({ dir }, context) => {
  const directory = labDirectory(dir, context);
  const files = await withLedger(dir, context, async (ledger) => {
    await ledger.putAuthorities(
      await rollRoot(await ledger.authorities(), systemClock, systemRandom),
    );
    return writeLabFiles(directory, await ledger.authorities(), await ledger.secrets());
  });
  const { root, links } = files;
  context.print.done(
    { root, links },
    `The lab has a new root, in "${root}"; the old one stays acceptable`,
  );
  return 0;
};
