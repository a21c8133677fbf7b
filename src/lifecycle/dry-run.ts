import { CertError } from '../base/errors.ts';
import { readOnly } from '../store/read-only.ts';
import type { LifecycleContext } from './context.ts';
import { tokensOf } from './held-key.ts';

/** What a use case would have done first. */
export type DryRun =
  /** It would have sent this; for a new request, after it was stored. */
  | { readonly type: 'message'; readonly der: Uint8Array; readonly url: string }
  /** It would have asked nobody for anything: it waits for a CA, or only files are missing. */
  | { readonly type: 'nothing' };

/**
 * Run a use case up to the first message it would send, with nothing stored, sent or put into files: not
 * even a lease is taken. Everything before that is checked as usual, and a key made on the way is lost.
 *
 * @param work the use case; it sees a store that cannot be written, and ends when it tries
 * @throws {CertError} what the use case throws before it sends anything
 */
export async function dryRun(
  context: LifecycleContext,
  work: (context: LifecycleContext) => Promise<unknown>,
): Promise<DryRun> {
  const end = new CertError('INTERNAL', 'Cannot go on: this is a dry run');
  let first: { readonly der: Uint8Array; readonly url: string } | undefined;
  const stop = (): never => {
    throw end;
  };
  const stopAt = (der: Uint8Array, url: string): never => {
    first ??= { der, url };
    return stop();
  };
  const store = readOnly(context.store, stop);
  const { progress: _, ...quiet } = context;
  try {
    await work({
      ...quiet,
      store: {
        ...store,
        transactions: {
          ...store.transactions,
          open: async ({ outgoing, url }) => stopAt(outgoing, url),
        },
      },
      clock: { ...context.clock, sleep: async () => stop() },
      connect: (url, profile) => {
        // Checks the URL, and connects to nothing.
        const { close } = context.connect(url, profile);
        return { exchange: async (der) => stopAt(der, url), close };
      },
      // A key made in a token would stay there.
      tokens: async () => ({
        ...(await tokensOf(context)),
        async generate(uri, type) {
          const { key } = await (await context.keys()).generate(type);
          return { key, uri, isNew: false };
        },
      }),
      deliver: async () => stop(),
    });
  } catch (error) {
    if (error !== end && !first) throw error;
  }
  return first ? { type: 'message', ...first } : { type: 'nothing' };
}
