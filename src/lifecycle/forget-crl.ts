import { CertError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { withoutUserinfo } from '../retrieval/url.ts';
import type { Store } from '../store/store.ts';
import type { CrlSource } from '../store/validation-contract.ts';
import type { LifecycleContext } from './context.ts';
import { configuredCrl } from './configured-crls.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import { findWords } from './validation-words.ts';

/** Which CRL: of one that is set up by its name, or what came from a place that certificates name. */
export type HeldCrlChoice = { readonly name: string } | { readonly url: string };

/** What was forgotten. */
export interface ForgottenCrl {
  readonly url: string;
  /** CRLNumber of the one that was held. */
  readonly number?: bigint;
}

/**
 * Forget the CRL that is held from a place, so that the next one counts though its number is lower: a CA that was restored
 * from a backup, or began anew with the same key, numbers its CRLs from earlier on. It is fetched again as soon as it is
 * due or needed; until then nobody knows whom it listed.
 *
 * @throws {CertError} CONFIG_INVALID when there is no such place, or nothing is held from it; IN_PROGRESS
 */
export async function forgetHeldCrl(
  context: LifecycleContext,
  choice: HeldCrlChoice,
): Promise<ForgottenCrl> {
  const { store, clock } = context;
  return await oneJudgingChange(context, async () => {
    const url = 'url' in choice ? choice.url : await urlOf(store, choice.name);
    const source = await store.crlSources.get(url);
    const identity = source?.identity;
    if (!source || identity === undefined) throw nothingHeld(url);
    const number = (await store.heldCrls.get(identity))?.crlNumber;
    // It may be gone already: whoever was killed between the two begins again.
    await store.heldCrls.remove(identity);
    await store.crlSources.put(fetchedAnew(source, clock.now()));
    return { url, ...(number !== undefined && { number }) };
  });
}

async function urlOf(store: Store, name: string): Promise<string> {
  const words = await findWords(store, 'crl', name);
  if (words) return configuredCrl({ name, words }).url;
  throw new CertError('CONFIG_INVALID', `Cannot forget CRL "${name}": there is none`, {
    hint: 'See "certkeeper show ca-crl"',
  });
}

/** Without what its server called the version that is gone: it would say that this is as it was. */
function fetchedAnew({ url, origin }: CrlSource, now: Date): CrlSource {
  return { url, origin, failures: 0, ...(origin === 'configured' && { nextAt: now }) };
}

function nothingHeld(url: string): CertError {
  const place = printable(withoutUserinfo(url));
  return new CertError('CONFIG_INVALID', `Cannot forget the CRL of "${place}": none is held`, {
    hint: 'See "certkeeper show ca-crl"',
  });
}
