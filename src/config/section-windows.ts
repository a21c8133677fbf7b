import { parseLabel } from '../base/label.ts';
import { assertOpens, putWindow, readWindows, removeWindow } from '../lifecycle/stored-windows.ts';
import type { Store } from '../store/store.ts';
import { compare, type Change, type ConfigContext, type Entry } from './entry.ts';
import { formatDuration } from './leaves.ts';
import { faultOf } from './places.ts';
import type { WindowWords } from './words-settings.ts';

const section = 'maintenance-windows';

/** The maintenance windows as the file would have them. */
export async function storedWindows(store: Store): Promise<readonly Entry[]> {
  const windows = await readWindows(store);
  return windows.map(({ name, cron, durationSeconds, timezone }) => ({
    path: [name],
    words: { cron, duration: formatDuration(durationSeconds), timezone },
  }));
}

/** Compare the maintenance windows with those of the file. */
export async function compareWindows(
  context: ConfigContext,
  file: Readonly<Record<string, WindowWords>>,
): Promise<readonly Change[]> {
  const { store } = context;
  const wanted = Object.entries(file).map(([label, { cron, duration, timezone = 'UTC' }]) => {
    const window = {
      name: parseLabel(label, 'window'),
      cron,
      timezone,
      durationSeconds: duration,
    };
    return {
      path: [label],
      words: { cron, duration: formatDuration(duration), timezone },
      check: async () => faultOf(context, [section, label], () => assertOpens(window)),
      put: () => putWindow(store, window),
    };
  });
  return compare({
    section,
    before: await storedWindows(store),
    wanted,
    remove: async ([label = '']) => void (await removeWindow(store, label)),
  });
}
