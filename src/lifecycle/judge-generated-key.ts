import { judgeKeyGenerator, type KeyGeneratorTrust } from '../cms/judge-key-generator.ts';
import type { Judgement } from '../cmp/client/conversation.ts';
import type { Issued } from '../cmp/transaction/step.ts';

/**
 * Refuse a key made by somebody who may not make keys; what the key is was looked at when it was opened.
 *
 * @returns undefined when nothing speaks against it, or no key came
 */
export function judgeGeneratedKey(
  { certificate, extraCerts, generated }: Issued,
  trust: KeyGeneratorTrust,
  at: Date,
): Judgement | undefined {
  if (!generated?.generator) return undefined;
  const intermediates = [...extraCerts, ...trust.intermediates];
  // C17: the path of the signer, and what it is authorised to.
  const why = judgeKeyGenerator(generated.generator, certificate, { ...trust, intermediates }, at);
  if (why === undefined) return undefined;
  return {
    type: 'refuse',
    reason: `the private key was made by somebody who may not: ${why}`,
    failInfo: 'signerNotTrusted',
  };
}
