import type { Clock } from '../base/clock.ts';
import { listConfiguredCrls } from '../lifecycle/configured-crls.ts';
import type { Store } from '../store/store.ts';
import type { TroubledResponder } from '../store/validation-watch-contract.ts';
import type { ValidationEvent } from '../validation/contract.ts';

/** Remembers, between two beats, which responders had no word and which places of CRLs an old one, and which did well. */
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
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
}): ResponderNotes {
  const notes = new Map<string, Note>();
  let inTrouble: ReadonlySet<string> = new Set();
  return {
    note(event) {
      const outcome = outcomeOf(event);
      if (outcome === undefined || !('url' in event)) return;
      const { url } = event;
      // Of CRLs that come as they should nobody has to know.
      if (event.type === 'crl-fetch' && !inTrouble.has(url) && !notes.has(url)) return;
      const known = notes.get(url);
      if (!known && notes.size >= maxResponders) return;
      const note = known ?? { hadWord: false };
      notes.set(url, note);
      if (outcome === 'word') {
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
      // Of those that are set up their own row says it, and goes with them.
      const configured = new Set((await listConfiguredCrls(store)).map((crl) => crl.url));
      for (const [url, { hadWord, trouble }] of taken) {
        if (hadWord && known.delete(url)) await store.troubledResponders.remove(url);
        if (!trouble || configured.has(url)) continue;
        if (!known.has(url) && known.size >= maxResponders) continue;
        const together = added(known.get(url), trouble);
        known.set(url, together);
        await store.troubledResponders.put(together);
      }
      inTrouble = new Set(known.keys());
    },
  };
}

/** What an event says of its URL: a code, or that there was a word. */
function outcomeOf(event: ValidationEvent): string | undefined {
  switch (event.type) {
    case 'ocsp-query':
      return words.has(event.outcome) ? 'word' : event.outcome;
    case 'crl-rollback':
      return event.type;
    case 'crl-fetch':
      // One from before the one that is held is told of after it was fetched.
      return event.outcome === 'fetched' ? 'word' : undefined;
    default:
      return undefined;
  }
}

const lasting: ReadonlySet<string> = new Set(['unauthorized-responder', 'crl-rollback']);

/** That somebody signs who may not is told, whatever else there is: it does not pass by itself. */
function added(before: TroubledResponder | undefined, more: TroubledResponder): TroubledResponder {
  if (!before) return more;
  return {
    ...more,
    code: lasting.has(before.code) ? before.code : more.code,
    failures: before.failures + more.failures,
    // A clock that was set back begins anew.
    firstAt: before.firstAt < more.firstAt ? before.firstAt : more.firstAt,
  };
}
