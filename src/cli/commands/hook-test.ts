import { testHook } from '../../lifecycle/deploy-settings.ts';
import type { Body } from '../command.ts';
import { failCommand } from '../failure.ts';
import { interruptible } from '../interruptible.ts';
import type { hookTestParameters } from '../parameters-deploy.ts';
import { outputText, runJson } from '../show-deployments.ts';

/** Run the hook of a certificate, and show what it said. */
export const run: Body<typeof hookTestParameters> = async ({ certName: name }, context) => {
  const { io, globals, print } = context;
  const services = await context.services();
  const { run: ended, complaint } = await interruptible(context, name, (signal) =>
    testHook({ ...services, signal }, name),
  );
  if (complaint !== undefined) {
    if (!globals.json) io.stdout.write(outputText(ended));
    const message = `Hook of "${name}" failed: ${complaint}`;
    const hint = `Mend the program, and try it again with "certkeeper hook test ${name}"`;
    return failCommand({ code: 'DELIVERY_FAILED', message, hint }, context, {
      name,
      run: runJson(ended),
    });
  }
  print.show(
    { name, run: runJson(ended) },
    () => `${outputText(ended)}Hook of "${name}" ended with exit code 0\n`,
  );
  return 0;
};
