import type { Store } from '../store/store.ts';

/** Tell how many days before its end the agent renews or fetches a name; undefined when it shall not. */
export async function daysSet(
  store: Pick<Store, 'nameSettings'>,
  name: string,
  key: 'auto-update-days' | 'auto-fetch-days',
): Promise<number | undefined> {
  return daysIn(await store.nameSettings.get(name, key));
}

/** Read such a setting. */
export function daysIn(text: string | undefined): number | undefined {
  const days = Number(text);
  return text !== undefined && Number.isFinite(days) && days > 0 ? days : undefined;
}
