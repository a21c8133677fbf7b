import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { CertError } from '../base/errors.ts';

/** Whose place this process has taken. */
export interface TakenIdentity {
  readonly uid: number;
  /** Login name; the number of a user who has none. */
  readonly user: string;
  /** Login name of who started the process. */
  readonly startedBy: string;
  /** It may do with files what the service may, which is more than its user. */
  readonly hasPowers: boolean;
}

/**
 * The directory of the service: only root can have given it away. In any other user's directory root keeps no power
 * over files, since what is stored there, hooks for one, is that user's word and not root's.
 */
export const serviceDirectory = '/var/lib/certkeeper';

/** The capabilities of the unit, by their numbers in linux/capability.h. */
const servicePowers: Readonly<Record<string, number>> = { chown: 0, dac_override: 1, fowner: 3 };

/** CAP_SETGID and CAP_SETUID: what the way there takes. */
const wayPowers = [6, 7];

/** Says to the process that takes this one's place who started it. */
const startedByVariable = 'CERTKEEPER_STARTED_BY';

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
  if (process.geteuid?.() !== 0) return (taken ??= startedOver());
  const owner = ownerOf(directory);
  if (owner === undefined || owner.uid === 0) return undefined;
  const { uid } = owner;
  const startedBy = loginName() ?? 'root';
  try {
    const account = takeGroupsOf(owner);
    const unreadable = asUser(uid, whyUnreadable);
    if (unreadable !== undefined) {
      throw refusal(directory, uid, `that user may not read ${unreadable}`, {
        hint: 'Install certkeeper where every user may read it, or run it as that user',
      });
    }
    process.setuid?.(uid);
    taken = { uid, user: account.user ?? String(uid), startedBy, hasPowers: false };
    // Of whoever is not root it would be another one, and it is looked up again.
    process.env['CERTKEEPER_STATE'] = directory;
    return taken;
  } catch (cause) {
    if (cause instanceof CertError) throw cause;
    throw refusal(directory, uid, cause instanceof Error ? cause.message : String(cause), {
      cause,
      hint: `Run certkeeper as that user: setpriv --reuid ${uid} --regid ${owner.gid} --clear-groups certkeeper`,
    });
  }
}

/**
 * Start this process over as the user of the service, with the capabilities of the service, when this is root and the
 * directory is the service's. Nothing must have been read or written before. Node cannot keep capabilities while it
 * becomes another user; `setpriv` of util-linux can. Where it cannot be done this returns, and `takeIdentityOf` does
 * what is possible without.
 *
 * @param directory absolute
 */
export function startOverAsService(directory: string): void {
  if (directory !== serviceDirectory || process.geteuid?.() !== 0) return;
  const owner = ownerOf(directory);
  if (owner === undefined || owner.uid === 0) return;
  const needed = [...Object.values(servicePowers), ...wayPowers];
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(isProgram);
  if (setpriv === undefined || !holds('CapEff', needed)) return;
  // It is loaded before the capabilities count.
  if (!asUser(owner.uid, () => whyUnreadable() === undefined && isProgram(process.execPath)))
    return;
  const startedBy = loginName() ?? 'root';
  try {
    takeGroupsOf(owner);
  } catch {
    return;
  }
  const three = Object.keys(servicePowers).map((name) => `+${name}`);
  const words = [
    setpriv,
    `--reuid=${owner.uid}`,
    '--keep-groups',
    `--inh-caps=-all,${three.join()}`,
    `--ambient-caps=-all,${three.join()}`,
    // As in the unit: nothing that is run from here becomes root again.
    '--no-new-privs',
    '--',
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ];
  process.execve?.(setpriv, words, {
    ...process.env,
    [startedByVariable]: startedBy,
    CERTKEEPER_STATE: directory,
  });
}

/** Find out whether this process is one that was started over; only root can have given it what it has then. */
function startedOver(): TakenIdentity | undefined {
  const startedBy = process.env[startedByVariable];
  delete process.env[startedByVariable];
  const uid = process.geteuid?.();
  if (startedBy === undefined || uid === undefined) return undefined;
  if (!holds('CapAmb', Object.values(servicePowers))) return undefined;
  return { uid, user: loginName() ?? String(uid), startedBy, hasPowers: true };
}

/** Tell whether a set of capabilities of this process, a hexadecimal number in its status, has some in it. */
function holds(set: 'CapEff' | 'CapAmb', numbers: readonly number[]): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const [, digits = '0'] = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status) ?? [];
    const held = BigInt(`0x${digits}`);
    return numbers.every((number) => ((held >> BigInt(number)) & 1n) === 1n);
  } catch {
    return false;
  }
}

/** Not by access(2), which asks for the user who started this. */
function isProgram(path: string): boolean {
  try {
    return (statSync(path).mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** Be in the groups of a user, and in no others. */
function takeGroupsOf(owner: Stats): Account {
  const account = asUser(owner.uid, () => accountOf(owner));
  if (account.user === undefined) process.setgroups?.([account.gid]);
  else process.initgroups?.(account.user, account.gid);
  process.setgid?.(account.gid);
  return account;
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
