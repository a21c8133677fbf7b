import { CertError } from '../base/errors.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { notificationPolicy } from '../lifecycle/notification-policy.ts';
import { limitIn, retentionLimits } from '../lifecycle/retention-limits.ts';
import {
  dailyBackupPath,
  dayOf,
  hasDailyBackup,
  listDailyBackups,
  prepareDailyBackups,
  pruneDailyBackups,
  type FreeOctets,
} from '../store/daily-backups.ts';
import { subjectKey, type AlarmSubject } from '../traps/alarms/alarm.ts';
import { backupEndpoint, backupFailing } from '../traps/alarms/condition.ts';
import { react } from '../traps/alarms/react.ts';

/** What daily backups are made of. */
export interface DailyBackupContext extends Pick<LifecycleContext, 'store' | 'clock' | 'log'> {
  /** The state directory, absolute. */
  readonly directory: string;
  /** For tests; absent: as the file system says. */
  readonly freeOctets?: FreeOctets;
}

/** Makes the backups of an agent. */
export interface DailyBackups {
  /**
   * Make the backup of today, if there is none yet. What goes wrong is told, and tried again an hour later.
   *
   * @throws {CertError} STORE_CORRUPT: nobody can go on with this store
   */
  look(): Promise<void>;
}

/** A disk that is full stays so for longer than a minute. */
const retryMs = 3_600_000;

/** After so many days without a backup somebody has to act. */
const longMs = 3 * 86_400_000;

const backupLimit = retentionLimits.find(({ word }) => word === 'backups');

/** How many daily backups are kept; 0: none is made. */
export async function dailyBackupsKept(
  store: Pick<LifecycleContext['store'], 'settings'>,
): Promise<number> {
  return backupLimit === undefined ? 0 : limitIn(await store.settings.list(), backupLimit);
}

/** Make what keeps a backup of each day. The days are those of UTC, and the files tell which there are. */
export function createDailyBackups(context: DailyBackupContext): DailyBackups {
  const { store, clock, log, directory } = context;
  let failing: { readonly attempts: number; readonly at: Date } | undefined;
  // Whether it may be told that none is made: not known of the agent before this one.
  let mayStand = true;
  let looking: Promise<void> | undefined;

  const recovered = async (): Promise<void> => {
    failing = undefined;
    if (!mayStand) return;
    await tell(context, []);
    mayStand = false;
  };

  const failed = async (error: CertError): Promise<void> => {
    const at = clock.now();
    const attempts = (failing?.attempts ?? 0) + 1;
    failing = { attempts, at };
    log.warn(`the daily backup could not be made: ${error.message}`);
    mayStand = true;
    const [newest] = listed(directory, at);
    const isLong = newest === undefined || at.getTime() - Date.parse(newest.day) >= longMs;
    await tell(context, [backupFailing(error.message, attempts, isLong && attempts > 1)]);
  };

  const once = async (): Promise<void> => {
    const kept = await dailyBackupsKept(store);
    if (kept === 0) return recovered();
    const at = clock.now();
    const day = dayOf(at);
    const sinceMs = failing === undefined ? retryMs : at.getTime() - failing.at.getTime();
    if (sinceMs >= 0 && sinceMs < retryMs) return undefined;
    try {
      if (!hasDailyBackup(directory, day)) {
        prepareDailyBackups(directory, at, context.freeOctets);
        const path = dailyBackupPath(directory, day);
        const { octets } = await store.care.backUpAside({ path, at });
        log.info(
          `the daily backup of the store is made: "${path}", ${Math.ceil(octets / 1024)} KiB`,
        );
        // Only now: it is whole, and on the disk.
        for (const old of pruneDailyBackups(directory, kept, at))
          log.debug(`removed "${old.path}"`);
      }
    } catch (error) {
      if (error instanceof CertError && error.code === 'STORE_CORRUPT') throw error;
      return failed(error instanceof CertError ? error : unexpected(error));
    }
    return recovered();
  };

  return {
    look() {
      looking ??= once().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

/** A thread that the system does not give, for one: whatever it is, it is told and does not come back each minute. */
function unexpected(cause: unknown): CertError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CertError('INTERNAL', `Cannot make a backup of the store: ${why}`, { cause });
}

function listed(directory: string, now: Date): ReturnType<typeof listDailyBackups> {
  try {
    return listDailyBackups(directory, now);
  } catch {
    // What is in the way has been told.
    return [];
  }
}

const subject: AlarmSubject = { type: 'source', endpoint: backupEndpoint };

/** Have told what is wrong with backups, or that nothing is. */
async function tell(
  { store, clock }: Pick<DailyBackupContext, 'store' | 'clock'>,
  conditions: readonly ReturnType<typeof backupFailing>[],
): Promise<void> {
  const now = clock.now();
  const policy = await notificationPolicy(store);
  await store.alarms.look(subjectKey(subject), now, (standing) => ({
    ...react({ ...standing, observation: { subject, conditions }, now, policy }),
    notBefore: now,
  }));
}
