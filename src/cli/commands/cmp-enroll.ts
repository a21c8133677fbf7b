import { enroll } from '../../lifecycle/enroll.ts';
import type { Body } from '../command.ts';
import { reportResult, sendRequest } from '../enrollment.ts';
import type { EnrollParameters } from '../parameters-cmp.ts';
import { keyChoiceOf, placeOf } from '../request-arguments.ts';
import { warnOfCap } from '../warn-of-cap.ts';
import { wantedOf } from '../wanted.ts';

/** Get a further certificate, signing with one there is. */
export const run: Body<EnrollParameters> = async (args, command) => {
  const { certName: name, currentCert: current } = args;
  const request = {
    current,
    name,
    wanted: await wantedOf(args, command),
    key: await keyChoiceOf(args, command),
    ...placeOf(args),
    waitSeconds: args.wait,
    retry: args.retry,
  };
  return sendRequest(
    command,
    args,
    async (context) => {
      await warnOfCap(context, [name]);
      return await enroll(context, request);
    },
    (result) => reportResult(result, name, command),
  );
};
