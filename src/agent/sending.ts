import { createNotifier, type NotifierContext } from './notifier.ts';

/** The sending of notifications, beside everything else the agent does. */
export interface Sending {
  /** Send what is due. @returns when that was tried */
  send(): Promise<void>;
  /** When there is something to send next, as far as is known. */
  next(): Date | undefined;
  /** After the signal of its context was aborted. */
  stop(): Promise<void>;
}

/** The beat comes after that anyhow. */
const longestMs = 60_000;

/**
 * Send, one round at a time: a receiver that does not answer holds up nobody but itself.
 *
 * @param later calls back after so many milliseconds; absent where the beat alone does
 */
export function startSending(
  context: NotifierContext,
  later?: (tick: () => void, ms: number) => void,
): Sending {
  const { clock, log, signal } = context;
  const notifier = createNotifier(context);
  let next: Date | undefined;
  let isWanted = false;
  let sending: Promise<void> | undefined;
  const loop = async (): Promise<void> => {
    while (isWanted && !signal.aborted) {
      isWanted = false;
      try {
        next = await notifier.send();
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        log.warn(`notifications could not be sent: ${why}`);
      }
    }
    const ms = next === undefined ? longestMs : next.getTime() - clock.now().getTime();
    if (ms < longestMs && !signal.aborted) later?.(() => void send(), Math.max(ms, 0));
  };
  const send = (): Promise<void> => {
    isWanted = true;
    sending ??= loop().finally(() => {
      sending = undefined;
    });
    return sending;
  };
  return {
    send,
    next: () => next,
    async stop() {
      await sending;
      await notifier.close();
    },
  };
}
