import type { Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';
import { certStoreKey } from './setting-keys.ts';

/** What an update does about the key: keeps it, or makes a new one. */
export type KeyPolicy = 'reuse' | 'new';

/** A policy and where it was set; `usual` when nowhere. */
export interface AppliedKeyPolicy {
  readonly policy: KeyPolicy;
  readonly from: 'certificate' | 'global' | 'usual';
}

/** Say what an update of a name does about the key when its command says nothing: as set for the name, else for all. */
export async function keyPolicyOf(
  { nameSettings, settings }: Pick<Store, 'nameSettings' | 'settings'>,
  name: string,
): Promise<AppliedKeyPolicy> {
  const own = await nameSettings.get(name, 'key');
  if (own !== undefined) return { policy: policyIn(own), from: 'certificate' };
  const global = await settings.get(certStoreKey);
  return global === undefined
    ? { policy: 'new', from: 'usual' }
    : { policy: policyIn(global), from: 'global' };
}

/** Set what the updates of a name do about the key; absent: as it is set for all. */
export async function setKeyPolicy(
  { nameSettings }: Pick<Store, 'nameSettings'>,
  name: Label,
  policy: KeyPolicy | undefined,
): Promise<void> {
  if (policy === undefined) await nameSettings.remove(name, 'key');
  else await nameSettings.set(name, 'key', policy);
}

/** Whatever an older version or another hand stored, a new key is never wrong. */
function policyIn(text: string): KeyPolicy {
  return text === 'reuse' ? 'reuse' : 'new';
}
