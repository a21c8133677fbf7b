import type { SecretSource } from './secret.ts';

/** What may stand anywhere on a command line, whatever the command. */
export interface Globals {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Answer yes to what a command would ask. */
  readonly yes: boolean;
  /** State directory; the environment decides when absent. */
  readonly state?: string;
  /** Key the store's secrets are encrypted with; the generated `store.key` when absent. */
  readonly storeKey?: SecretSource;
}

/** Join what a line says with what holds for all lines: a line's own word goes first. */
export function joinGlobals(line: Globals, all: Globals): Globals {
  return {
    ...all,
    ...line,
    json: line.json || all.json,
    quiet: line.quiet || all.quiet,
    verbose: line.verbose || all.verbose,
    yes: line.yes || all.yes,
  };
}
