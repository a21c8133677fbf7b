import type { Store } from '../store/store.ts';
import { subjectKey } from '../traps/alarms/alarm.ts';
import { peerEndpoint } from '../traps/alarms/condition.ts';

/**
 * Find why the agent refuses an IPsec peer, as it has told last.
 *
 * @returns a sentence without a period; undefined where it does not
 */
export async function refusalOf(
  { alarms }: Pick<Store, 'alarms'>,
  peer: string,
): Promise<string | undefined> {
  const endpoint = peerEndpoint(peer);
  const standing = await alarms.of(subjectKey({ type: 'source', endpoint }));
  return standing[0]?.last.text;
}
