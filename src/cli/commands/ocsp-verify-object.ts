import { CertError } from '../../base/errors.ts';
import {
  assertNamesKnown,
  checkedOcspObject,
  ocspTable,
  putOcspObject,
  tunnelPassword,
} from '../../lifecycle/ocsp-objects.ts';
import { deadlineWarnings } from '../../lifecycle/policy-warnings.ts';
import type { SettingWords } from '../../settings/setting.ts';
import type { Body } from '../command.ts';
import type { ParameterTable } from '../parameter.ts';
import { resolveSecret } from '../secret.ts';
import { settingWordsIn } from '../setting-parameters.ts';

/** Set how certificates are asked about by OCSP. */
export const run: Body<ParameterTable> = async (args, context) => {
  const { name = '' } = args;
  if (typeof name !== 'string') throw new CertError('INTERNAL', 'Cannot read the name');
  const words = bound(settingWordsIn(ocspTable, args), args['forCa']);
  const source = args['tunnelPassword'];
  const isSource = typeof source === 'object' && 'kind' in source;
  const password = isSource ? await resolveSecret(source, tunnelPassword, context) : undefined;
  const services = await context.services();
  const checked = checkedOcspObject({ name, words }, password !== undefined).warnings;
  // What is refused is not warned of before.
  await assertNamesKnown(services.store, words);
  const warnings = [...checked, ...(await deadlineWarnings(services, name, words))];
  for (const warning of warnings) context.log.warn(warning);
  await putOcspObject(services, { name, words }, password);
  context.print.done({ name, warnings }, `OCSP object "${name}" is set up`);
  return 0;
};

/** Bind the signing-certs that are not bound by themselves. */
function bound(words: SettingWords, forCa: unknown): SettingWords {
  const certs = words['signing-certs'];
  if (!Array.isArray(forCa) || forCa.length === 0 || typeof certs !== 'object') return words;
  const whom = forCa.map(String).join(',');
  return {
    ...words,
    'signing-certs': certs.map((cert) => (cert.includes(':') ? cert : `${cert}:${whom}`)),
  };
}
