import type { ServiceManager } from './sd-notify.ts';

/** Says to the service manager again and again that all is well, as often as it wants to hear that. */
export interface Watchdog {
  stop(): void;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Tell how often the service manager wants to hear from this process: half of the time after which it would end it.
 *
 * @param pid of this process: a watchdog for another one is none of ours
 * @returns undefined when it does not (sd_watchdog_enabled(3))
 */
export function watchdogMs(env: Env, pid: number): number | undefined {
  const whose = env['WATCHDOG_PID'] ?? '';
  if (whose !== '' && whose !== String(pid)) return undefined;
  const text = env['WATCHDOG_USEC'] ?? '';
  // Up to a year; no sign, no blanks.
  if (!/^[1-9]\d{0,13}$/.test(text)) return undefined;
  return Math.max(1, Math.floor(Number(text) / 2000));
}

/**
 * Feed the watchdog while the process is well: its event loop turns, or this would not be called, and its store can be
 * read. One that is not fed has the agent started again, which is what helps against whatever hangs.
 *
 * @param isWell does something that everything else depends on
 */
export function feedWatchdog(
  manager: ServiceManager,
  everyMs: number,
  isWell: () => Promise<boolean>,
): Watchdog {
  let isAsking = false;
  const feed = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      if (await isWell()) await manager.notify('WATCHDOG=1');
    } catch {
      // Whatever it is, that is not being well.
    } finally {
      isAsking = false;
    }
  };
  const interval = setInterval(() => void feed(), everyMs).unref();
  return { stop: () => clearInterval(interval) };
}
