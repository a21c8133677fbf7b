import type { IkeKeyId } from '../deploy/ike-daemon.ts';
import type { Store } from '../store/store.ts';
import { isTo } from './charon-deployments.ts';
import { ikeKeyId } from './ipsec-key.ts';

/**
 * Setting: ids of the keys of a certificate that charons were given and not told to forget, as JSON, by socket. A version
 * of a certificate is dropped with its key when there are enough later ones, which may be before charon can be told.
 */
const givenKey = 'ike keys ';

/** Renewals in a row that charon does not take to the end; nobody lets that happen so often. */
const MAX_GIVEN = 64;

/** Find the keys that other certificates use at a charon. */
export async function keysOfOthers(
  store: Store,
  certificate: string,
  socket: string,
): Promise<ReadonlySet<IkeKeyId>> {
  const used = new Set<IkeKeyId>();
  for (const name of await store.deployments.names()) {
    if (name === certificate || !(await store.deployments.list(name)).some(isTo(socket))) continue;
    const keyId = (await store.certificates.current(name))?.keyId;
    if (keyId !== undefined) used.add(await idOf(store, keyId));
  }
  return used;
}

/** Name a key of the store as charon does. */
export async function idOf({ keys }: Pick<Store, 'keys'>, keyId: number): Promise<IkeKeyId> {
  return ikeKeyId((await keys.publicKey(keyId)).spki);
}

/** Find the keys of a certificate that a charon was given. */
export async function keysGiven(
  { settings }: Pick<Store, 'settings'>,
  certificate: string,
  socket: string,
): Promise<readonly IkeKeyId[]> {
  return (await read(settings, certificate)).get(socket) ?? [];
}

/** Remember them; before they are given, and after others are unloaded. */
export async function rememberGiven(
  { settings }: Pick<Store, 'settings'>,
  certificate: string,
  socket: string,
  ids: readonly IkeKeyId[],
): Promise<void> {
  const all = await read(settings, certificate);
  const before = all.get(socket) ?? [];
  const wanted = [...new Set(ids)].slice(-MAX_GIVEN);
  if (before.length === wanted.length && wanted.every((id) => before.includes(id))) return;
  if (wanted.length === 0) all.delete(socket);
  else all.set(socket, wanted);
  if (all.size === 0) await settings.remove(givenKey + certificate);
  else await settings.set(givenKey + certificate, JSON.stringify(Object.fromEntries(all)));
}

async function read(
  settings: Store['settings'],
  certificate: string,
): Promise<Map<string, readonly IkeKeyId[]>> {
  const stored: unknown = JSON.parse((await settings.get(givenKey + certificate)) ?? '{}');
  if (typeof stored !== 'object' || stored === null) return new Map();
  return new Map(
    Object.entries(stored).map(([socket, ids]: [string, unknown]) => [
      socket,
      Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [],
    ]),
  );
}
