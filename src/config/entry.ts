import type { LifecycleContext } from '../lifecycle/context.ts';
import type { SecretReader } from '../lifecycle/retrieval-servers.ts';
import type { Faults, Path } from './fault.ts';
import type { SectionName } from './schema.ts';

/** What stands at one place of the configuration, in the words of the file. */
export type Words = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** What is set at one place: a CA profile, a deployment, a maintenance window. */
export interface Entry {
  /** Keys below the section; none where the section itself is the entry. */
  readonly path: readonly string[];
  readonly words: Words;
  /** What is worth to be known beside it, for people. */
  readonly comment?: string;
}

/** What the file wants at one place. */
export interface WantedEntry extends Entry {
  /** Look whether it can be had on this machine. Asked only when it is not so already. */
  check?(): Promise<void>;
  /** Make it so. */
  put(context: CarryContext): Promise<void>;
}

/** What sections are read and compared with. */
export interface ConfigContext extends LifecycleContext {
  /** Directory that paths of the file count from; absolute. */
  readonly base: string;
  /** Gets what is behind `file:`, `env:` or `cred:`. @throws {CertError} SECRET_UNAVAILABLE */
  readonly secret: SecretReader;
  readonly faults: Faults;
}

/** What changes are carried out with. */
export interface CarryContext extends LifecycleContext {
  /** Somebody else delivers what changes: the agent. */
  readonly isLater: boolean;
}

/** One difference between what is stored and what the file wants. */
export interface Change {
  readonly path: readonly [SectionName, ...string[]];
  readonly type: 'added' | 'changed' | 'removed';
  readonly fields: readonly FieldChange[];
  carryOut(context: CarryContext): Promise<void>;
}

/** What changes of one value; no secret is ever in here, only where one is. */
export interface FieldChange {
  readonly key: string;
  readonly from?: string;
  readonly to?: string;
}

/** How one section is compared. */
export interface Comparison {
  readonly section: SectionName;
  readonly before: readonly Entry[];
  readonly wanted: readonly WantedEntry[];
  /** Take away what the file does not name; absent where that means to put it without words. */
  remove(path: readonly string[], context: CarryContext): Promise<void>;
  /** Refuse to take something away. */
  checkRemoval?(path: readonly string[]): Promise<void>;
}

/**
 * Compare what is stored with what is wanted.
 *
 * @returns removals first: what they leave is free for others
 */
export async function compare(comparison: Comparison): Promise<readonly Change[]> {
  const { section, before, wanted, remove, checkRemoval } = comparison;
  const stored = new Map(before.map((entry) => [keyOf(entry.path), entry]));
  const named = new Set(wanted.map(({ path }) => keyOf(path)));
  const changes: Change[] = [];
  for (const { path, words } of before) {
    if (named.has(keyOf(path))) continue;
    await checkRemoval?.(path);
    changes.push({
      path: [section, ...path],
      type: 'removed',
      fields: differences(words, {}),
      carryOut: (context) => remove(path, context),
    });
  }
  for (const entry of wanted) {
    const known = stored.get(keyOf(entry.path));
    const fields = differences(known?.words ?? {}, entry.words);
    if (known !== undefined && fields.length === 0) continue;
    await entry.check?.();
    changes.push({
      path: [section, ...entry.path],
      type: known === undefined ? 'added' : 'changed',
      fields,
      carryOut: (context) => entry.put(context),
    });
  }
  return changes;
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

function differences(before: Words, after: Words): readonly FieldChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const from = textOf(before[key]);
    const to = textOf(after[key]);
    if (from === to) return [];
    return [{ key, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
  });
}

function textOf(value: Words[string]): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
