import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { schemeOf, splitUserinfo } from '../retrieval/url.ts';
import { crlSettings, policySettings } from '../settings/policy-settings.ts';
import { readerOf, wordErrors, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { assertCrlUnneeded } from './needed-by.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import {
  assertSound,
  findWords,
  keepWords,
  listWords,
  type NamedWords,
} from './validation-words.ts';

/** A CRL that an operator set up by its place. */
export interface ConfiguredCrl {
  readonly name: string;
  readonly format: 'der' | 'pem';
  readonly url: string;
  /** Fetched again after this long at the latest. */
  readonly refreshSeconds?: number;
}

/**
 * Check a CRL by its settings.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID
 */
export function configuredCrl({ name, words }: NamedWords): ConfiguredCrl {
  parseLabel(name, 'ca-crl name');
  const what = `CRL "${name}"`;
  assertSound(what, wordErrors(crlSettings, words), 'See "certkeeper ca-crl name --help"');
  const { text, number } = readerOf(words);
  const url = text('url');
  if (url === undefined) {
    throw new CertError('CONFIG_INVALID', `Cannot set up ${what}: it has no url`, {
      hint: 'Say where it is fetched from: url URL',
    });
  }
  schemeOf(url);
  if (splitUserinfo(url).password !== undefined) {
    // It would be stored as it is, and shown.
    throw new CertError('CONFIG_INVALID', `Cannot set up ${what}: there is a password in its URL`, {
      hint: 'Leave it out, and say where it is with "certkeeper retrieval server"',
    });
  }
  const refresh = number('refresh');
  return {
    name,
    format: text('format') === 'pem' ? 'pem' : 'der',
    url,
    ...(refresh !== undefined && { refreshSeconds: refresh }),
  };
}

/**
 * Set up a CRL in place of one of that name; it is due to be fetched at once.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID, IN_PROGRESS
 */
export async function putConfiguredCrl(
  context: LifecycleContext,
  named: NamedWords,
): Promise<void> {
  assertListable(named.name);
  await oneJudgingChange(context, () => keepConfiguredCrl(context, named));
}

/**
 * Refuse a name that a list of CRLs would end before: a policy would take it for a word of its own.
 *
 * @throws {CertError} NAME_INVALID
 */
export function assertListable(name: string): void {
  const isWord = policySettings.some(({ word, typed = word }) => typed.split(' ')[0] === name);
  if (!isWord && name !== 'name' && name !== 'dry-run') return;
  throw new CertError(
    'NAME_INVALID',
    `Cannot use "${name}" as ca-crl name: it is a word of "crypto map", whose lists of CRLs end before it`,
    { hint: `Choose another name, as ${name}-crl` },
  );
}

/**
 * Store a CRL in place of one of that name, while nobody else changes what peers are judged by.
 *
 * @throws {CertError} CONFIG_INVALID, NAME_INVALID
 */
export async function keepConfiguredCrl(
  { store, clock }: Pick<LifecycleContext, 'store' | 'clock'>,
  named: NamedWords,
): Promise<void> {
  const { url } = configuredCrl(named);
  const before = await findWords(store, 'crl', named.name);
  await keepWords(store, 'crl', named);
  if (before) await forgetUrl(store, before, url);
  const known = await store.crlSources.get(url);
  await store.crlSources.put({
    failures: 0,
    ...known,
    url,
    origin: 'configured',
    nextAt: clock.now(),
  });
}

/**
 * Remove a configured CRL; one that is held of it stays until it is out of date.
 *
 * @throws {CertError} CONFIG_INVALID when there is none, or a policy looks at it; IN_PROGRESS
 */
export async function removeConfiguredCrl(context: LifecycleContext, name: string): Promise<void> {
  const { store } = context;
  await oneJudgingChange(context, async () => {
    const words = await findWords(store, 'crl', name);
    if (!words) {
      throw new CertError('CONFIG_INVALID', `Cannot remove CRL "${name}": there is none`, {
        hint: 'See "certkeeper show ca-crl"',
      });
    }
    await assertCrlUnneeded(store, name);
    await store.validationObjects.remove('crl', name);
    await forgetUrl(store, words, undefined);
  });
}

/** Nothing is fetched any more from a place that no CRL names. */
async function forgetUrl(
  store: Store,
  words: SettingWords,
  kept: string | undefined,
): Promise<void> {
  const url = readerOf(words).text('url');
  if (url === undefined || url === kept) return;
  const others = await listWords(store, 'crl');
  if (others.every((other) => readerOf(other.words).text('url') !== url)) {
    await store.crlSources.remove(url);
  }
}

/** List the CRLs that are set up, by name. */
export async function listConfiguredCrls(store: Store): Promise<readonly ConfiguredCrl[]> {
  return (await listWords(store, 'crl')).map(configuredCrl);
}
