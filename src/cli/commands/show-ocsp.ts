import { CertError } from '../../base/errors.ts';
import { ocspTable, tunnelPassword } from '../../lifecycle/ocsp-objects.ts';
import { listWords } from '../../lifecycle/validation-words.ts';
import type { Body } from '../command.ts';
import type { showOcspParameters } from '../parameters-validation.ts';
import { settingFields } from '../setting-parameters.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Show OCSP objects. */
export const run: Body<typeof showOcspParameters> = async ({ verifyObject }, context) => {
  const all =
    (await readStored(context, async ({ store }) => {
      const objects = [];
      for (const { name, words } of await listWords(store, 'ocsp')) {
        const secrets = await store.validationObjects.secrets('ocsp', name);
        objects.push({ name, words, hasPassword: secrets.has(tunnelPassword) });
      }
      return objects;
    })) ?? [];
  const shown = all.filter(({ name }) => verifyObject === undefined || name === verifyObject);
  if (verifyObject !== undefined && shown.length === 0) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot show OCSP object "${verifyObject}": there is none`,
      {
        hint: 'See "certkeeper show ocsp"',
      },
    );
  }
  context.print.show(
    { ocspObjects: shown.map(({ name, words, hasPassword }) => ({ name, hasPassword, ...words })) },
    () =>
      shown.length === 0
        ? `There is no OCSP object${whereLooked(context)}; certkeeper ocsp verify-object sets one up\n`
        : shown
            .map(({ name, words, hasPassword }) =>
              formatFields([
                ['OCSP object', name],
                ...settingFields(ocspTable, words),
                [tunnelPassword, hasPassword ? '(stored)' : undefined],
              ]),
            )
            .join('\n'),
  );
  return 0;
};
