import { update, type UpdateRequest } from '../../lifecycle/update.ts';
import type { Body } from '../command.ts';
import { runDry } from '../dry-run.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import type { ArgsOf } from '../parameter.ts';
import type { UpdateParameters } from '../parameters-cmp.ts';
import { keyTypeOf } from '../request-arguments.ts';
import { newTokenKeyUri } from '../token-arguments.ts';

/** Renew a certificate. */
export const run: Body<UpdateParameters> = async (args, command) => {
  const { currentCert: current, caRoot, caUrl } = args;
  const key = keyOf(args);
  const request = {
    current,
    ...(key && { key }),
    ...(caRoot !== undefined && { ca: caRoot }),
    ...(caUrl !== undefined && { url: caUrl }),
    ...(args.keyProvider !== undefined && {
      token: newTokenKeyUri(args.keyProvider, current),
    }),
    afterExpiry: args.afterExpiry,
    waitSeconds: args.wait,
  };
  const services = await command.services();
  if (args.dryRun) return runDry(command, services, (context) => update(context, request));
  const result = await runEnrollment(
    command,
    services,
    (context) => update(context, request),
    args.dump,
  );
  return reportResult(result, current, command);
};

function keyOf(args: ArgsOf<UpdateParameters>): UpdateRequest['key'] {
  if (args.keyReuse) return { type: 'reuse' };
  const keyType = keyTypeOf(args);
  return keyType === undefined ? undefined : { type: 'generate', keyType };
}
