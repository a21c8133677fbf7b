import { initialize } from '../../lifecycle/initialize.ts';
import type { Body } from '../command.ts';
import { reportResult, sendRequest } from '../enrollment.ts';
import type { InitializeParameters } from '../parameters-cmp.ts';
import { initialCredentialOf } from '../initial-credential.ts';
import { keyChoiceOf, placeOf } from '../request-arguments.ts';
import { wantedOf } from '../wanted.ts';

/** Make a key and get its first certificate. */
export const run: Body<InitializeParameters> = async (args, command) => {
  const { certName: name } = args;
  const request = {
    name,
    wanted: await wantedOf(args, command),
    key: await keyChoiceOf(args, command),
    ...placeOf(args),
    credential: await initialCredentialOf(args, command),
    waitSeconds: args.wait,
    retry: args.retry,
  };
  return sendRequest(
    command,
    args,
    (context) => initialize(context, request),
    (result) => reportResult(result, name, command),
  );
};
