import { Cron } from 'croner';

import { CertError } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';

/** Setting: the maintenance windows, as JSON. */
const setting = 'maintenance-windows';

/** Nobody reads more of them. */
const maxWindows = 64;

/** Longer than a week, a window has no outside. */
const maxDurationSeconds = 7 * 86_400;

/** A time in which certificates may be renewed, that comes again and again. */
export interface MaintenanceWindow {
  /** When it opens: five fields of cron. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly durationSeconds: number;
}

/** A maintenance window with its name. */
export interface NamedWindow extends MaintenanceWindow {
  readonly name: Label;
}

type Stored = Pick<Store, 'settings' | 'schedule'>;

/** Read the maintenance windows, by name. */
export async function readWindows({
  settings,
}: Pick<Store, 'settings'>): Promise<readonly NamedWindow[]> {
  const text = await settings.get(setting);
  if (text === undefined) return [];
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.flatMap((each: unknown) => readWindow(each) ?? []) : [];
}

/**
 * Set a maintenance window, in place of one of the same name; everything is planned anew.
 *
 * @throws {CertError} CONFIG_INVALID for one that never opens, or cannot be understood
 */
export async function putWindow(store: Stored, window: NamedWindow): Promise<void> {
  assertOpens(window);
  const others = (await readWindows(store)).filter(({ name }) => name !== window.name);
  if (others.length >= maxWindows) {
    throw refusal(window, `there are ${maxWindows} already`);
  }
  await write(store, [...others, window]);
}

/** Remove a maintenance window; `false` when there was none. */
export async function removeWindow(store: Stored, name: string): Promise<boolean> {
  const windows = await readWindows(store);
  const left = windows.filter((each) => each.name !== name);
  if (left.length === windows.length) return false;
  await write(store, left);
  return true;
}

async function write(
  { settings, schedule }: Stored,
  windows: readonly NamedWindow[],
): Promise<void> {
  const sorted = windows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (sorted.length === 0) await settings.remove(setting);
  else await settings.set(setting, JSON.stringify(sorted));
  await schedule.wake();
}

function readWindow(value: unknown): NamedWindow | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, cron, timezone, durationSeconds }: Readonly<Record<string, unknown>> = { ...value };
  const isWhole =
    typeof name === 'string' &&
    isLabel(name) &&
    typeof cron === 'string' &&
    typeof timezone === 'string' &&
    typeof durationSeconds === 'number';
  return isWhole ? { name, cron, timezone, durationSeconds } : undefined;
}

/**
 * Tell whether a window ever opens.
 *
 * @throws {CertError} CONFIG_INVALID for one that does not, or cannot be understood
 */
export function assertOpens(window: NamedWindow): void {
  const { cron, durationSeconds } = window;
  if (cron.trim().split(/\s+/).length !== 5) {
    throw refusal(window, `"${cron}" has not the five fields of cron`);
  }
  if (durationSeconds < 60 || durationSeconds > maxDurationSeconds) {
    throw refusal(window, `it lasts ${durationSeconds} s, from a minute to a week can be had`);
  }
  const schedule = scheduleOf(window);
  const next = schedule.nextRun();
  if (next === null) throw refusal(window, `"${cron}" never comes`);
  if (isAlwaysOpen(schedule, next, durationSeconds * 1000)) {
    throw refusal(window, 'it opens again before it closes, so it is always open');
  }
}

function scheduleOf(window: NamedWindow): Cron {
  const { cron, timezone } = window;
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw refusal(window, `"${timezone}" is not the name of a time zone`, cause);
  }
  try {
    return new Cron(cron, { timezone, paused: true });
  } catch (cause) {
    const why = `"${cron}" is not minute, hour, day of month, month and day of week as cron has them`;
    throw refusal(window, why, cause);
  }
}

/** As long as no window lasts. */
const horizonMs = (maxDurationSeconds + 86_400) * 1000;

/** Openings looked at: who has more of them within a day or two has no use for a window. */
const maxOpenings = 2000;

/** A window that is open at all times is a mistake, such as one of 25 hours each day. */
function isAlwaysOpen(schedule: Cron, first: Date, durationMs: number): boolean {
  let last = first;
  for (let i = 0; i < maxOpenings; i++) {
    const next = schedule.nextRun(last);
    if (next === null || next.getTime() - last.getTime() > durationMs) return false;
    if (next.getTime() - first.getTime() > horizonMs) return true;
    last = next;
  }
  return false;
}

function refusal({ name }: NamedWindow, why: string, cause?: unknown): CertError {
  return new CertError('CONFIG_INVALID', `Cannot use maintenance window "${name}": ${why}`, {
    cause,
    hint: 'As in: agent window add nights cron "0 2 * * *" duration 3h timezone Europe/Berlin',
  });
}
