import { CertError } from '../../base/errors.ts';
import { putPolicy } from '../../lifecycle/validation-policies.ts';
import { policySettings } from '../../settings/policy-settings.ts';
import type { SettingWords } from '../../settings/setting.ts';
import type { Body } from '../command.ts';
import type { ParameterTable } from '../parameter.ts';
import { settingWordsIn } from '../setting-parameters.ts';

/** Set a policy by which peers are judged. */
export const run: Body<ParameterTable> = async (args, context) => {
  const { name = '' } = args;
  if (typeof name !== 'string') throw new CertError('INTERNAL', 'Cannot read the name');
  const ocsp = args['ocspNonce'] === true ? 'nonce' : args['ocsp'] === true ? 'on' : undefined;
  const words: SettingWords = {
    ...settingWordsIn(policySettings, args),
    ...(ocsp !== undefined && { ocsp }),
  };
  await putPolicy(await context.services(), { name, words });
  context.print.done({ name, ...words }, `Policy "${name}" is set up`);
  return 0;
};
