import { assertCertStore } from '../deploy/cert-store-directory.ts';
import { limitIn, retentionLimits } from '../lifecycle/retention-limits.ts';
import { certStoreKey, certStoreLocation, chainLimit } from '../lifecycle/setting-keys.ts';
import type { Store } from '../store/store.ts';
import { compare, type Change, type ConfigContext, type Entry } from './entry.ts';
import { formatDuration } from './leaves.ts';
import { absolute, faultOf } from './places.ts';
import type { CertStoreWords, RetentionWords } from './words-settings.ts';

const daySeconds = 86_400;

/** Where certificates go, as the file would have it. */
export async function storedCertStore({ settings }: Store): Promise<readonly Entry[]> {
  const limit = await settings.get(chainLimit);
  const words = {
    location: await settings.get(certStoreLocation),
    key: await settings.get(certStoreKey),
    'chain-limit': limit === undefined ? undefined : Number(limit),
  };
  return [{ path: [], words }];
}

/** Compare where certificates go with what the file says. */
export async function compareCertStore(
  context: ConfigContext,
  file: CertStoreWords,
): Promise<readonly Change[]> {
  const { settings } = context.store;
  const location = file.location === undefined ? undefined : absolute(file.location, context);
  const before = await storedCertStore(context.store);
  const wanted = {
    path: [],
    words: { ...file, location },
    check: async () => {
      if (location === undefined || location === before[0]?.words['location']) return;
      await faultOf(context, ['cert-store', 'location'], () => assertCertStore(location));
    },
    put: async () => {
      await set(settings, certStoreLocation, location);
      await set(settings, certStoreKey, file.key);
      await set(settings, chainLimit, file['chain-limit']);
    },
  };
  return compare({ section: 'cert-store', before, wanted: [wanted], remove: nothing });
}

/** How much of the past is kept, as the file would have it. */
export async function storedRetention({ settings }: Store): Promise<readonly Entry[]> {
  const all = await settings.list();
  const words = Object.fromEntries(
    retentionLimits.map((limit) => {
      const number = all.has(limit.setting) ? limitIn(all, limit) : undefined;
      return [limit.word, inUnit(limit.unit, number)];
    }),
  );
  return [{ path: [], words }];
}

/** Compare how much of the past is kept with what the file says. */
export async function compareRetention(
  { store }: ConfigContext,
  file: RetentionWords,
): Promise<readonly Change[]> {
  const limits = retentionLimits.map((limit) => {
    const given = file[limit.word];
    // Whole days, the last one begun counted in, as with the command.
    const number =
      limit.unit === 'd' && given !== undefined ? Math.ceil(given / daySeconds) : given;
    return { ...limit, number };
  });
  const wanted = {
    path: [],
    words: Object.fromEntries(limits.map(({ word, unit, number }) => [word, inUnit(unit, number)])),
    put: async () => {
      for (const { setting, number } of limits) await set(store.settings, setting, number);
    },
  };
  const before = await storedRetention(store);
  return compare({ section: 'retention', before, wanted: [wanted], remove: nothing });
}

function inUnit(unit: 'd' | '', number: number | undefined): number | string | undefined {
  return unit === 'd' && number !== undefined ? formatDuration(number * daySeconds) : number;
}

async function set(
  settings: Store['settings'],
  key: string,
  value: string | number | undefined,
): Promise<void> {
  if (value === undefined) await settings.remove(key);
  else await settings.set(key, String(value));
}

const nothing = async (): Promise<void> => {};
