import type { z } from 'zod';
import { quoted } from '../base/quoted.ts';
import { suggest } from '../base/suggest.ts';
import { readDocument } from './document.ts';
import { collectFaults, formatPath, type Faults, type Path } from './fault.ts';
import { configJsonSchema, configSchema, type ConfigFile } from './schema.ts';

/** A file that was read; there is nothing to go on with where it has faults. */
export interface ParsedConfig {
  readonly file?: ConfigFile;
  /** What is found later is added to them. */
  readonly faults: Faults;
}

/** Read a configuration file and say all that is wrong with its words. */
export function parseConfig(octets: Uint8Array): ParsedConfig {
  const { value, lineOf, faults: unread } = readDocument(octets);
  const faults = collectFaults(lineOf, unread);
  // Of what could not be read nothing more can be said.
  if (value === undefined) return { faults };
  const result = configSchema.safeParse(value);
  if (!result.success) {
    const around = {
      file: value,
      schema: configJsonSchema(),
      saidOf: new Set(unread.map(({ key }) => key)),
      faults,
    };
    for (const issue of result.error.issues) tell(issue, around);
  }
  return faults.list().length === 0 && result.success ? { file: result.data, faults } : { faults };
}

type Issue = z.core.$ZodIssue;

interface Around {
  readonly file: unknown;
  readonly schema: unknown;
  /** Keys whose value could not be read, which was said. */
  readonly saidOf: ReadonlySet<string>;
  readonly faults: Faults;
}

function tell(issue: Issue, around: Around): void {
  const { file, schema, saidOf, faults } = around;
  const path: Path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (saidOf.has(formatPath(path))) return;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      for (const key of issue.keys) {
        const near = suggest(key, known);
        faults.add(
          [...path, key],
          `${quoted(key)} is not a key here`,
          near === undefined ? `Known are ${known.join(', ')}` : `Did you mean "${near}"?`,
        );
      }
      return;
    }
    case 'invalid_key':
      faults.add(path, issue.issues.map(({ message }) => message).join('; '));
      return;
    case 'invalid_union': {
      // A single value that is none, an entry of a list, or something else altogether.
      const within = issue.errors.flat().filter((each) => each.code !== 'invalid_type');
      if (within.length === 0) faults.add(path, 'a single value, or a list of them, is wanted');
      for (const each of within) {
        tell({ ...each, path: [...path, ...each.path] }, around);
      }
      return;
    }
    case 'invalid_type':
      faults.add(path, valueAt(file, path) === undefined ? 'it is missing' : wanted(issue));
      return;
    default:
      faults.add(path, issue.message);
  }
}

function wanted({ expected }: z.core.$ZodIssueInvalidType): string {
  if (expected === 'object' || expected === 'record') return 'keys with values are wanted below it';
  return expected === 'array' ? 'a list is wanted' : 'a single value is wanted';
}

function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = new Map<unknown, unknown>(Object.entries(at)).get(String(step));
  }
  return at;
}

/** The keys that a path may have below it. */
function keysAt(schema: unknown, path: Path): readonly string[] {
  let at = schema;
  for (const step of path) {
    at = member(member(at, 'properties'), String(step)) ?? member(at, 'additionalProperties');
  }
  return Object.keys(member(at, 'properties') ?? {});
}

function member(value: unknown, key: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = new Map<string, unknown>(Object.entries(value)).get(key);
  return typeof found === 'object' && found !== null ? found : undefined;
}
