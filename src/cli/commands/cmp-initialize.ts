import { initialize } from '../../lifecycle/initialize.ts';
import type { Body } from '../command.ts';
import { runDry } from '../dry-run.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import type { InitializeParameters } from '../parameters-cmp.ts';
import { initialCredentialOf } from '../initial-credential.ts';
import { keyChoiceOf } from '../request-arguments.ts';
import { wantedOf } from '../wanted.ts';

/** Make a key and get its first certificate. */
export const run: Body<InitializeParameters> = async (args, command) => {
  const { certName: name, caRoot, caUrl } = args;
  const request = {
    name,
    wanted: await wantedOf(args, command),
    key: await keyChoiceOf(args, command),
    ...(caRoot !== undefined && { ca: caRoot }),
    ...(caUrl !== undefined && { url: caUrl }),
    credential: await initialCredentialOf(args, command),
    waitSeconds: args.wait,
  };
  const services = await command.services();
  if (args.dryRun) return runDry(command, services, (context) => initialize(context, request));
  const result = await runEnrollment(
    command,
    services,
    (context) => initialize(context, request),
    args.dump,
  );
  return reportResult(result, name, command);
};
