import { readFile } from 'node:fs/promises';
import { CertError } from '../base/errors.ts';

/**
 * Find the number of a user.
 *
 * @param account its name, or the number itself
 * @throws {CertError} CONFIG_INVALID when there is no such user in /etc/passwd
 */
export async function userId(account: string): Promise<number> {
  return numberOf(account, '/etc/passwd', 'user');
}

/** As whom a program is run. */
export interface Account {
  readonly uid: number;
  /** Its first group; the others are not taken. */
  readonly gid: number;
}

/** The group of nobody in particular. */
const nogroup = 65_534;

/** Find user and group of an account, as `userId` does; a number that /etc/passwd does not have is in no group. */
export async function accountOf(account: string): Promise<Account> {
  const uid = await userId(account);
  const gid = (await linesOf('/etc/passwd')).find(([, , id]) => id === String(uid))?.[3];
  return { uid, gid: gid !== undefined && /^\d{1,10}$/.test(gid) ? Number(gid) : nogroup };
}

/** Find the number of a group, as `userId` does that of a user. */
export async function groupId(account: string): Promise<number> {
  return numberOf(account, '/etc/group', 'group');
}

/** The largest number the system has; the next one means "nobody in particular". */
const maxId = 0xff_ff_ff_fe;

async function numberOf(account: string, path: string, what: string): Promise<number> {
  if (/^\d{1,10}$/.test(account) && Number(account) <= maxId) return Number(account);
  const id = (await linesOf(path)).find(([name]) => name === account)?.[2];
  if (id !== undefined && /^\d{1,10}$/.test(id)) return Number(id);
  throw new CertError('CONFIG_INVALID', `Cannot find ${what} "${account}" in ${path}`, {
    hint: `Give the number of the ${what} when it comes from a directory service`,
  });
}

async function linesOf(path: string): Promise<readonly (readonly string[])[]> {
  return (await readFile(path, 'utf8')).split('\n').map((line) => line.split(':'));
}
