import { readerOf } from '../settings/setting.ts';
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
