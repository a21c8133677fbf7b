import { CertError } from '../base/errors.ts';
import type { LifecycleContext } from './context.ts';
import { putPolicy } from './validation-policies.ts';
import { listWords } from './validation-words.ts';

/**
 * Have a policy ask nobody by OCSP: `no ocsp`, which a gateway says inside of a map or template.
 *
 * @param named the only one there is, when left out
 * @throws {CertError} CONFIG_INVALID when it cannot be told which, there is none, or the policy would have no source left
 */
export async function askNoMore(
  context: LifecycleContext,
  named: string | undefined,
): Promise<{ readonly name: string; readonly wasAsking: boolean }> {
  const policies = await listWords(context.store, 'policy');
  const [only, ...others] = policies.filter(({ name }) => named === undefined || name === named);
  if (only === undefined) {
    const which = named === undefined ? 'there is no policy' : `there is no policy "${named}"`;
    throw new CertError('CONFIG_INVALID', `Cannot take OCSP out of a policy: ${which}`, {
      hint: 'See "certkeeper show crypto policy"',
    });
  }
  if (others.length > 0) {
    const names = policies.map(({ name }) => `"${name}"`).join(', ');
    throw new CertError('CONFIG_INVALID', `Cannot take OCSP out of a policy: there are ${names}`, {
      hint: 'Say which: certkeeper no ocsp policy P; an OCSP object is removed with "no ocsp verify-object"',
    });
  }
  const { name } = only;
  const {
    ocsp = 'off',
    'ocsp-cert-validator': validator,
    'ocsp-revoked-fallback': _revoked,
    'unknown-fallback': _unknown,
    'crl-fallback': _fallback,
    ...words
  } = only.words;
  const wasAsking = ocsp !== 'off' || validator !== undefined;
  if (wasAsking) await putPolicy(context, { name, words });
  return { name, wasAsking };
}
