import { CertError } from '../../base/errors.ts';
import { removeResponder } from '../../lifecycle/set-responder.ts';
import type { Body } from '../command.ts';

/** Have the agent answer OCSP requests no more. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  if (!(await removeResponder(await context.services()))) {
    throw new CertError('CONFIG_INVALID', 'Cannot end the responder: the agent has none', {
      hint: 'See "certkeeper show ocsp responder"',
    });
  }
  context.print.done({ removed: true }, 'The agent answers OCSP requests no more');
  return 0;
};
