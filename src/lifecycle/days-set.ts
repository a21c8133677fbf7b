import type { Store } from '../store/store.ts';

/** Tell how many days before its end the agent renews or fetches a name; undefined when it shall not. */
export async function daysSet(
  store: Pick<Store, 'nameSettings'>,
  name: string,
  key: 'auto-update-days' | 'auto-fetch-days',
): Promise<number | undefined> {
  const text = await store.nameSettings.get(name, key);
  const days = Number(text);
  return text !== undefined && Number.isFinite(days) && days > 0 ? days : undefined;
}
