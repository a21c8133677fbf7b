import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeDestination } from '../../src/lifecycle/destination-settings.ts';
import type { Store } from '../../src/store/store.ts';

/** What one line of a log destination says. */
export interface Told {
  readonly notification: string;
  readonly severity: string;
  readonly sequence: number;
  readonly at: string;
  readonly alarm?: string;
  readonly ends: readonly string[];
  readonly reason?: string;
  readonly operation?: string;
  readonly attempts?: number;
  readonly nextAttempt?: string;
  readonly oldSerialNumber?: string;
  readonly endpoint?: string;
  readonly certificate?: { readonly name: string; readonly state: string; readonly index: number };
}

/** Have everything that is told written to a file, as an operator would. @returns what reads it */
export async function listen(store: Store, directory: string): Promise<() => readonly Told[]> {
  const path = join(directory, 'told.log');
  await store.destinations.put(
    'log',
    encodeDestination({ type: 'log', name: 'log', path }),
    new Map(),
  );
  return () => {
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    return lines.map((line): Told => JSON.parse(line));
  };
}

/** Name and severity of each, without what is told again. */
export function storyOf(told: readonly Told[]): readonly string[] {
  const seen = new Set<number>();
  return told.flatMap(({ notification, severity, sequence }) => {
    if (seen.has(sequence)) return [];
    seen.add(sequence);
    return [`${notification.slice(3)} ${severity}`];
  });
}
