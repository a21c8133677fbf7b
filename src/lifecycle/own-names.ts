import { CertError } from '../base/errors.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import { listWords } from './validation-words.ts';

/** Find the certificates of ours that policies name, each with the names of these policies in their order. */
export async function ownNames(store: Store): Promise<ReadonlyMap<string, readonly string[]>> {
  const named = new Map<string, string[]>();
  for (const { name: policy, words } of await listWords(store, 'policy')) {
    for (const name of new Set(readerOf(words).texts('cert-name'))) {
      named.set(name, [...(named.get(name) ?? []), policy]);
    }
  }
  return named;
}

/**
 * Refuse a policy that names a certificate nobody knows: it would never be looked at.
 *
 * @throws {CertError} CERT_UNKNOWN
 */
export async function assertOwnNames(store: Store, words: SettingWords): Promise<void> {
  for (const name of readerOf(words).texts('cert-name')) {
    if ((await store.certificates.latest(name)) !== undefined) continue;
    if ((await store.transactions.outstanding(name)).length > 0) continue;
    throw new CertError(
      'CERT_UNKNOWN',
      `Cannot use certificate "${name}" as cert-name: there is none`,
      {
        hint: 'See "certkeeper show cert"',
      },
    );
  }
}
