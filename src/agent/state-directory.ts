import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** What decides where the state is; taken from the process when absent. */
export interface StateDirectoryOptions {
  /** Value of `--state`. */
  readonly option?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Effective user, 0 for root. */
  readonly uid?: number;
  readonly home?: string;
}

/**
 * Find the state directory: `--state`, else `CERTKEEPER_STATE`, else `/var/lib/certkeeper` for root and
 * `$XDG_STATE_HOME/certkeeper` (`~/.local/state/certkeeper`) for others. Absolute, not created here.
 */
export function stateDirectory(options: StateDirectoryOptions = {}): string {
  const env = options.env ?? process.env;
  const given = options.option ?? env['CERTKEEPER_STATE'];
  if (given !== undefined && given !== '') return resolve(given);
  const uid = options.uid ?? process.geteuid?.();
  if (uid === 0) return '/var/lib/certkeeper';
  const xdg = env['XDG_STATE_HOME'] ?? '';
  // The XDG specification has a relative path ignored.
  if (isAbsolute(xdg)) return join(xdg, 'certkeeper');
  return join(options.home ?? homedir(), '.local', 'state', 'certkeeper');
}
