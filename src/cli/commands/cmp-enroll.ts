import { enroll } from '../../lifecycle/enroll.ts';
import type { Body } from '../command.ts';
import { runDry } from '../dry-run.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import type { EnrollParameters } from '../parameters-cmp.ts';
import { keyChoiceOf } from '../request-arguments.ts';
import { wantedOf } from '../wanted.ts';

/** Get a further certificate, signing with one there is. */
export const run: Body<EnrollParameters> = async (args, command) => {
  const { certName: name, currentCert: current, caRoot, caUrl } = args;
  const request = {
    current,
    name,
    wanted: await wantedOf(args, command),
    key: await keyChoiceOf(args, command),
    ...(caRoot !== undefined && { ca: caRoot }),
    ...(caUrl !== undefined && { url: caUrl }),
    waitSeconds: args.wait,
  };
  const services = await command.services();
  if (args.dryRun) return runDry(command, services, (context) => enroll(context, request));
  const result = await runEnrollment(
    command,
    services,
    (context) => enroll(context, request),
    args.dump,
  );
  return reportResult(result, name, command);
};
