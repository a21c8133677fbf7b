import { putDestination } from '../../lifecycle/put-destination.ts';
import { CertError } from '../../base/errors.ts';
import { assertRunnable } from '../../deploy/hook-program.ts';
import type { Body } from '../command.ts';
import type { notifyCommandParameters } from '../parameters-notify.ts';

/** Five minutes: what it takes longer holds up what is told after it. */
const maxTimeoutSeconds = 300;

/** Run a program for each notification. */
export const run: Body<typeof notifyCommandParameters> = async (args, context) => {
  const { name, timeout: timeoutSeconds } = args;
  const [program, ...rest] = args.command;
  if (program === undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot run "notify command": no program is named', {
      hint: `Write "notify command ${name} -- /path/of/program ARGUMENT…"`,
    });
  }
  if (timeoutSeconds < 1 || timeoutSeconds > maxTimeoutSeconds) {
    throw new CertError('USAGE_INVALID', 'Cannot run "notify command": timeout is out of range', {
      hint: 'Give 1s to 5m',
    });
  }
  await assertRunnable(program, 'command for notifications');
  const command = [program, ...rest] as const;
  const destination = { type: 'command', name, command, timeoutSeconds } as const;
  await putDestination(await context.services(), destination, new Map());
  context.print.done(
    { name, type: 'command', command, timeoutSeconds },
    `${program} is run for each notification from now on; try it with "certkeeper notify test ${name}"`,
  );
  return 0;
};
