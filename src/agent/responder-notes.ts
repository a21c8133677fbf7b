import type { Clock } from '../base/clock.ts';
import type { Store } from '../store/store.ts';
import type { TroubledResponder } from '../store/validation-watch-contract.ts';
import type { ValidationEvent } from '../validation/contract.ts';

/** Remembers, between two beats, which responders had no word, and which had one. */
export interface ResponderNotes {
  note(event: ValidationEvent): void;
  /** Write to the store what is noted. @throws {CertError} STORE_* */
  store(): Promise<void>;
}

/** More than any CA has; what is told of them stands as an alarm each. */
const maxResponders = 64;

const words: ReadonlySet<string> = new Set(['good', 'revoked', 'unknown']);

/** What became of the queries of one responder since the last beat. */
interface Note {
  /** It had a word; what is in vain came after it. */
  hadWord: boolean;
  trouble?: TroubledResponder;
}

/** Make it. What is stapled is no query of ours, and notes nothing: whoever stapled it, it was a stranger. */
export function responderNotes({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'troubledResponders'>;
  readonly clock: Pick<Clock, 'now'>;
}): ResponderNotes {
  const notes = new Map<string, Note>();
  return {
    note(event) {
      if (event.type !== 'ocsp-query') return;
      const { url, outcome } = event;
      const known = notes.get(url);
      if (!known && notes.size >= maxResponders) return;
      const note = known ?? { hadWord: false };
      notes.set(url, note);
      if (words.has(outcome)) {
        note.hadWord = true;
        delete note.trouble;
        return;
      }
      const now = clock.now();
      const once = { url, code: outcome, failures: 1, firstAt: now, lastAt: now };
      note.trouble = added(note.trouble, once);
    },
    async store() {
      if (notes.size === 0) return;
      const taken = [...notes];
      notes.clear();
      const all = await store.troubledResponders.list();
      const known = new Map(all.map((each) => [each.url, each]));
      for (const [url, { hadWord, trouble }] of taken) {
        if (hadWord && known.delete(url)) await store.troubledResponders.remove(url);
        if (!trouble || (!known.has(url) && known.size >= maxResponders)) continue;
        const together = added(known.get(url), trouble);
        known.set(url, together);
        await store.troubledResponders.put(together);
      }
    },
  };
}

/** That somebody signs who may not is told, whatever else there is: it does not pass by itself. */
function added(before: TroubledResponder | undefined, more: TroubledResponder): TroubledResponder {
  if (!before) return more;
  const isUnauthorized = before.code === 'unauthorized-responder';
  return {
    ...more,
    code: isUnauthorized ? before.code : more.code,
    failures: before.failures + more.failures,
    // A clock that was set back begins anew.
    firstAt: before.firstAt < more.firstAt ? before.firstAt : more.firstAt,
  };
}
