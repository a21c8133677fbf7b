import { readdirSync, statSync, type Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { CertError } from '../base/errors.ts';

/** Whose place this process has taken. */
export interface TakenIdentity {
  readonly uid: number;
  /** Login name; the number of a user who has none. */
  readonly user: string;
  /** Login name of who started the process. */
  readonly startedBy: string;
}

/** Who this process is, belongs to all of it: there is no second one, and no way back. */
let taken: TakenIdentity | undefined;

/** Give whose place this process has taken; undefined when it is still who started it. */
export function identityTaken(): TakenIdentity | undefined {
  return taken;
}

/** The group of nobody in particular. */
const nogroup = 65_534;

/**
 * Become the user a directory belongs to, for good, when this process is root and the directory somebody else's: what
 * root makes in the store of an agent, the agent could not open. Groups are those of that user, and no others.
 *
 * @param directory absolute; one that is not there is nobody's
 * @throws {CertError} CONFIG_INVALID when this root may not become others, or that user may not read the program
 */
export function takeIdentityOf(directory: string): TakenIdentity | undefined {
  if (process.geteuid?.() !== 0) return taken;
  const owner = ownerOf(directory);
  if (owner === undefined || owner.uid === 0) return undefined;
  const { uid } = owner;
  const startedBy = loginName() ?? 'root';
  try {
    const account = asUser(uid, () => accountOf(owner));
    if (account.user === undefined) process.setgroups?.([account.gid]);
    else process.initgroups?.(account.user, account.gid);
    process.setgid?.(account.gid);
    const unreadable = asUser(uid, whyUnreadable);
    if (unreadable !== undefined) {
      throw refusal(directory, uid, `that user may not read ${unreadable}`, {
        hint: 'Install certkeeper where every user may read it, or run it as that user',
      });
    }
    process.setuid?.(uid);
    taken = { uid, user: account.user ?? String(uid), startedBy };
    return taken;
  } catch (cause) {
    if (cause instanceof CertError) throw cause;
    throw refusal(directory, uid, cause instanceof Error ? cause.message : String(cause), {
      cause,
      hint: `Run certkeeper as that user: setpriv --reuid ${uid} --regid ${owner.gid} --clear-groups certkeeper`,
    });
  }
}

/** Ask something as another user, with the way back open: the system names only the user one is. */
function asUser<T>(uid: number, ask: () => T): T {
  process.seteuid?.(uid);
  try {
    return ask();
  } finally {
    process.seteuid?.(0);
  }
}

function refusal(
  directory: string,
  uid: number,
  why: string,
  options: { readonly hint: string; readonly cause?: unknown },
): CertError {
  const message = `Cannot become the owner of "${directory}" (uid ${uid}): ${why}`;
  return new CertError('CONFIG_INVALID', message, options);
}

/** Whatever is in the way of a look, opening the store says it better. */
function ownerOf(directory: string): Stats | undefined {
  try {
    return statSync(directory, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

interface Account {
  /** Absent for a number that no user has. */
  readonly user?: string;
  readonly gid: number;
}

function accountOf(owner: Pick<Stats, 'gid'>): Account {
  try {
    const { username, gid } = userInfo();
    return { user: username, gid };
  } catch {
    // A directory that was given to a number only is still of root's group, which is not given on.
    return { gid: owner.gid === 0 ? nogroup : owner.gid };
  }
}

/** Modules are loaded when they are needed: it would be too late to find out then. */
function whyUnreadable(): string | undefined {
  try {
    readdirSync(import.meta.dirname);
    return undefined;
  } catch {
    return `the program in "${import.meta.dirname}"`;
  }
}

function loginName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
