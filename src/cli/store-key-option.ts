import { CertError } from '../base/errors.ts';
import type { CommandContext } from './command.ts';
import { parseSecretSource, type SecretSource } from './secret.ts';

/** Where the store key is, for those who do not want to say it every time. */
const variable = 'CERTKEEPER_STORE_KEY';

/**
 * Find where the store key is: `--store-key`, else `CERTKEEPER_STORE_KEY`.
 *
 * @returns undefined for the generated `store.key`
 * @throws {CertError} USAGE_INVALID, without quoting the variable: it may be the key itself
 */
export function storeKeyOption({
  globals,
  io,
}: Pick<CommandContext, 'globals' | 'io'>): SecretSource | undefined {
  const named = io.env[variable] ?? '';
  if (globals.storeKey !== undefined || named === '') return globals.storeKey;
  const source = parseSecretSource(named, variable);
  if (source.kind !== 'literal') return source;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot use ${variable}: it says where the store key is, and is not the key itself`,
    { hint: 'Set it to file:PATH, env:NAME, cred:NAME or prompt' },
  );
}
