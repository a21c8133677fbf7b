import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { Surroundings } from '../scheduler/due.ts';
import type { NameReading } from '../scheduler/read-name.ts';
import { doubtClock, watchAuthorities, watchName } from '../scheduler/watch.ts';

/** What the agent watches, over its life. */
export interface Watching {
  /** Before a run: look at the clock, and at CA certificates when it is time to. */
  begin(): Promise<void>;
  /** Look at a name, by what is stored of it. @returns when to look at its alarms again */
  name(
    name: Label,
    reading: NameReading | undefined,
    around: Surroundings,
  ): Promise<Date | undefined>;
  /** After a run: what is found from now on is told at once. */
  end(): void;
}

/** CA certificates live for years; an hour is soon enough, also for one that was just imported. */
const authoritiesMs = 3_600_000;

/** When to try again what went wrong with the alarms of a name. */
const againMs = 3_600_000;

/** Make what watches. What goes wrong with that is logged: it keeps nobody from renewing. */
export function createWatching({
  store,
  clock,
  log,
}: Pick<LifecycleContext, 'store' | 'clock' | 'log'>): Watching {
  let isClockSuspect = false;
  let isStarting = true;
  let lookedAt: Date | undefined;
  const guarded = async (
    what: string,
    work: () => Promise<Date | undefined>,
  ): Promise<Date | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CertError && error.code.startsWith('STORE_')) throw error;
      const why = error instanceof Error ? error.message : String(error);
      log.warn(`the alarms of ${what} could not be looked at: ${why}`);
      return new Date(clock.now().getTime() + againMs);
    }
  };
  const context = () => ({ store, clock, isClockSuspect, isStarting });
  return {
    async begin() {
      await guarded('all', async () => {
        isClockSuspect = await doubtClock(context());
        const now = clock.now();
        const ms = lookedAt === undefined ? authoritiesMs : now.getTime() - lookedAt.getTime();
        if (ms >= 0 && ms < authoritiesMs) return undefined;
        lookedAt = now;
        await watchAuthorities(context());
        return undefined;
      });
    },
    name: (name, reading, around) =>
      guarded(`"${name}"`, () => watchName({ ...context(), around }, name, reading)),
    end() {
      isStarting = false;
    },
  };
}
