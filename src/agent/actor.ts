import { readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { AuditActor } from '../store/audit-contract.ts';
import { identityTaken } from './identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** What a process says of who started it. */
export interface ActorSources {
  /** Login name of the user this process works as. @throws when the user has none */
  loginName(): string;
  /** Number of that user; undefined where users have none. */
  uid(): number | undefined;
  /** What is behind an open file of this process. @throws when it cannot be told */
  file(descriptor: 0 | 1 | 2): string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Say who is at the command line. LOGNAME and USER are not believed: anyone can set them. So can they SUDO_USER, but
 * it only adds to the name that the system knows.
 */
export function userActor(
  { pid, host }: Pick<ProcessIdentity, 'pid' | 'host'>,
  env: ActorSources['env'],
  sources: Omit<ActorSources, 'env'> = systemSources,
): AuditActor {
  const user = userOf({ ...sources, env });
  const tty = terminalOf(sources);
  return {
    type: 'user',
    ...(user !== undefined && { user }),
    ...(tty !== undefined && { tty }),
    pid,
    host,
  };
}

/** Name the daemon. */
export function agentActor({ pid, host }: Pick<ProcessIdentity, 'pid' | 'host'>): AuditActor {
  return { type: 'agent', pid, host };
}

const systemSources: Omit<ActorSources, 'env'> = {
  // Root at work in another user's store is still who did it.
  loginName: () => identityTaken()?.startedBy ?? userInfo().username,
  uid: () => process.geteuid?.(),
  file: (descriptor) => readlinkSync(`/proc/self/fd/${descriptor}`),
};

function userOf({ loginName, uid, env }: ActorSources): string | undefined {
  const user = attempt(loginName) ?? uid()?.toString();
  const sudo = env['SUDO_USER'];
  const isNamed = sudo !== undefined && /^[\w.@\\-]{1,64}\$?$/.test(sudo) && sudo !== user;
  return isNamed ? `${user ?? '?'} (sudo by ${sudo})` : user;
}

/** Name the terminal as `who` does; any of the three files may be redirected. */
function terminalOf({ file }: Pick<ActorSources, 'file'>): string | undefined {
  for (const descriptor of [0, 1, 2] as const) {
    const path = attempt(() => file(descriptor));
    const [, name] = /^\/dev\/(pts\/\d+|tty\w*|console)$/.exec(path ?? '') ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
