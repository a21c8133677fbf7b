import { certTrapHours, certTrapRepeatHours, snmpBaseOid } from '../lifecycle/setting-keys.ts';
import type { Store } from '../store/store.ts';
import { parseBaseOid } from '../traps/base-oid.ts';
import { compare, type Change, type ConfigContext, type Entry, type WantedEntry } from './entry.ts';
import { faultOf } from './places.ts';
import type { CertTrapWords } from './words-notifications.ts';

/** When ends are warned of, as the file would have it. */
export async function storedCertTrap({ settings }: Store): Promise<readonly Entry[]> {
  const hoursOf = async (key: string): Promise<number | undefined> => {
    const text = await settings.get(key);
    return text === undefined ? undefined : Number(text);
  };
  const time = await hoursOf(certTrapHours);
  return [{ path: [], words: { time, repeat: await hoursOf(certTrapRepeatHours) } }];
}

/** Compare when ends are warned of with what the file says. */
export async function compareCertTrap(
  { store }: ConfigContext,
  { time, repeat }: CertTrapWords,
): Promise<readonly Change[]> {
  const wanted: WantedEntry = {
    path: [],
    words: { time, repeat },
    put: async () => {
      await set(store, certTrapHours, time);
      await set(store, certTrapRepeatHours, repeat);
      // Certificates are looked at again.
      await store.schedule.wake();
    },
  };
  const before = await storedCertTrap(store);
  return compare({ section: 'cert-trap', before, wanted: [wanted], remove: async () => {} });
}

/** Below which OID is sent, as the file would have it. */
export async function storedBaseOid({ settings }: Store): Promise<readonly Entry[]> {
  return [{ path: [], words: { 'base-oid': await settings.get(snmpBaseOid) } }];
}

/** Make what the file says of the base OID. */
export async function wantedBaseOid(
  context: ConfigContext,
  text: string | undefined,
): Promise<readonly WantedEntry[]> {
  const { store } = context;
  const oid =
    text === undefined
      ? undefined
      : await faultOf(context, ['snmp', 'base-oid'], () => parseBaseOid(text).join('.'));
  return [
    {
      path: [],
      words: { 'base-oid': oid },
      put: async () => set(store, snmpBaseOid, oid),
    },
  ];
}

async function set(
  { settings }: Pick<Store, 'settings'>,
  key: string,
  value: string | number | undefined,
): Promise<void> {
  if (value === undefined) await settings.remove(key);
  else await settings.set(key, String(value));
}
