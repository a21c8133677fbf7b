import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

/** Something that is looked after from time to time. */
export interface KeptLooking {
  /** Look now, after the look that is under way. */
  refresh(): Promise<void>;
  /** Look no more. @returns when the last look is over */
  close(): Promise<void>;
}

/** How it is looked after. */
export interface LookingOptions {
  readonly log: Log;
  readonly everyMs: number;
  /** Tell whether an error of the first look is for whoever starts it, who is there to do something about it. */
  isForStarter?(error: Error): boolean;
}

/**
 * Look now, and again and again. What goes wrong is warned of once, until something else is wrong, and keeps nobody from
 * renewing.
 *
 * @throws what `isForStarter` says
 */
export async function keepLooking(
  look: () => Promise<void>,
  { log, everyMs, isForStarter = () => false }: LookingOptions,
): Promise<KeptLooking> {
  let complaint: string | undefined;
  let isClosed = false;
  let isFirst = true;
  const once = async (): Promise<void> => {
    try {
      await look();
      complaint = undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isFirst && isForStarter(error)) throw error;
      const hint = error instanceof CertError ? error.hint : undefined;
      const text = hint === undefined ? error.message : `${error.message}; ${hint}`;
      if (text !== complaint) log.warn(text);
      complaint = text;
    }
  };
  let looking = Promise.resolve();
  const refresh = (): Promise<void> => {
    looking = looking.then(() => (isClosed ? undefined : once()));
    return looking;
  };
  await refresh();
  isFirst = false;
  const interval = setInterval(() => void refresh(), everyMs).unref();
  return {
    refresh,
    async close() {
      isClosed = true;
      clearInterval(interval);
      await looking;
    },
  };
}
