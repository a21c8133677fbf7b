import { CertError } from '../base/errors.ts';
import type { ArgsOf } from './parameter.ts';
import type { certDeployParameters } from './parameters-deploy.ts';

/** What an operator typed after `cert deploy`. */
export type DeployArguments = ArgsOf<typeof certDeployParameters>;

/** Make the error of words after `cert deploy` that do not go together. */
export function deployUsage(why: string, hint: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot run "cert deploy": ${why}`, { hint });
}
