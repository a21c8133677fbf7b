import { CertError } from '../../base/errors.ts';
import { listWords } from '../../lifecycle/validation-words.ts';
import { policySettings } from '../../settings/policy-settings.ts';
import type { Body } from '../command.ts';
import type { showPolicyParameters } from '../parameters-validation.ts';
import { settingFields } from '../setting-parameters.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Show the policies by which peers are judged. */
export const run: Body<typeof showPolicyParameters> = async ({ name: wanted }, context) => {
  const all = (await readStored(context, ({ store }) => listWords(store, 'policy'))) ?? [];
  const shown = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (wanted !== undefined && shown.length === 0) {
    throw new CertError('CONFIG_INVALID', `Cannot show policy "${wanted}": there is none`, {
      hint: 'See "certkeeper show crypto policy"',
    });
  }
  context.print.show({ policies: shown.map(({ name, words }) => ({ name, ...words })) }, () =>
    shown.length === 0
      ? `There is no policy${whereLooked(context)}; certkeeper crypto map sets one up\n`
      : shown
          .map(({ name, words }) =>
            formatFields([['policy', name], ...settingFields(policySettings, words)]),
          )
          .join('\n'),
  );
  return 0;
};
