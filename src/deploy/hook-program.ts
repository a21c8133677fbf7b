import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { userId } from './accounts.ts';

/**
 * Half an hour: a hook holds up everything else that is to be done for its certificate, and has to end
 * well within the hour for which the name is held.
 */
export const maxHookSeconds = 1800;

/**
 * Say now, and not after a delivery, that a program cannot be run as hook, or that others could change it.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export async function assertRunnable(program: string, what: string = 'hook'): Promise<void> {
  const refuse = (why: string, hint: string): never => {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use ${JSON.stringify(program)} as ${what}: ${why}`,
      {
        hint,
      },
    );
  };
  if (!isAbsolute(program)) refuse('it is no whole path', 'Write the path from / on');
  const found = await stat(program).catch(() => undefined);
  if (found?.isFile() !== true) refuse('there is no such file', 'Name a program');
  await access(program, constants.X_OK).catch(() =>
    refuse('it cannot be executed', `Allow it: chmod +x ${program}`),
  );
  const self = process.geteuid?.() ?? 0;
  if (found !== undefined && found.uid !== 0 && found.uid !== self)
    refuse(`it belongs to uid ${found.uid}`, `Make it one of this user: chown ${self} ${program}`);
  // Whoever can change it runs what he likes as this user.
  if (found !== undefined && (found.mode & 0o002) !== 0)
    refuse('every user of this machine can change it', `Take that away: chmod o-w ${program}`);
}

/**
 * Look whether a hook can be run as another user, where it is set.
 *
 * @param log told when this process could not do it
 * @throws {CertError} CONFIG_INVALID when there is no such user
 */
export async function checkHookUser(user: string | undefined, log: Log): Promise<void> {
  if (user === undefined) return;
  const self = process.geteuid?.();
  if ((await userId(user)) === self || self === 0) return;
  log.warn(
    `only root becomes "${user}": give the service that runs the hook CAP_SETUID and CAP_SETGID, or it fails`,
  );
}
