import { update, type UpdateRequest } from '../../lifecycle/update.ts';
import type { Body } from '../command.ts';
import { reportResult, sendRequest } from '../enrollment.ts';
import type { ArgsOf } from '../parameter.ts';
import type { UpdateParameters } from '../parameters-cmp.ts';
import { keyTypeOf, placeOf } from '../request-arguments.ts';
import { newTokenKeyUri } from '../token-arguments.ts';
import { warnOfCap } from '../warn-of-cap.ts';

/** Renew a certificate, or many. */
export const run: Body<UpdateParameters> = async (args, command) => {
  const { currentCert: current } = args;
  const key = keyOf(args);
  if (current === undefined) {
    const { updateAll } = await import('../update-all.ts');
    return await updateAll(args, key, command);
  }
  const request = {
    current,
    ...(key && { key }),
    ...placeOf(args),
    ...(args.keyProvider !== undefined && {
      token: newTokenKeyUri(args.keyProvider, current),
    }),
    afterExpiry: args.afterExpiry,
    waitSeconds: args.wait,
  };
  return sendRequest(
    command,
    args,
    async (context) => {
      await warnOfCap(context, [current]);
      return await update(context, request);
    },
    (result) => reportResult(result, current, command),
  );
};

function keyOf(args: ArgsOf<UpdateParameters>): UpdateRequest['key'] {
  if (args.keyReuse) return { type: 'reuse' };
  const keyType = keyTypeOf(args);
  return keyType === undefined ? undefined : { type: 'generate', keyType };
}
