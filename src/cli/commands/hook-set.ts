import { CertError } from '../../base/errors.ts';
import { assertRunnable, checkHookUser, maxHookSeconds } from '../../deploy/hook-program.ts';
import type { Body } from '../command.ts';
import type { certHookParameters } from '../parameters-deploy.ts';

/** Set the program that is run after each delivery. */
export const run: Body<typeof certHookParameters> = async (args, context) => {
  const { certName: name, timeout: timeoutSeconds, user } = args;
  const [program, ...rest] = args.command;
  if (program === undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot run "cert hook": no program is named', {
      hint: `Write "cert hook cert-name ${name} -- /path/of/program ARGUMENT…"`,
    });
  }
  if (timeoutSeconds < 1 || timeoutSeconds > maxHookSeconds) {
    throw new CertError('USAGE_INVALID', 'Cannot run "cert hook": timeout is out of range', {
      hint: 'Give 1s to 30m',
    });
  }
  // By then this is the user that the hook will be run as.
  const { store } = await context.services();
  await assertRunnable(program);
  await checkHookUser(user, context.log);
  const command = [program, ...rest] as const;
  await store.deployments.putHook(name, {
    command,
    timeoutSeconds,
    ...(user !== undefined && { user }),
  });
  context.print.done(
    { name, command, timeoutSeconds, user },
    `After each delivery of "${name}", ${program} is run; try it with "certkeeper hook test ${name}"`,
  );
  return 0;
};
