import { CertError } from '../base/errors.ts';
import type { Deployment, DeployTarget } from '../store/deployments-contract.ts';
import type { DeliveredPems } from './files.ts';
import { commitCertificate, stageCertificate } from './haproxy-runtime.ts';
import { combinedOf } from './outputs.ts';
import {
  complaintOf,
  lastWords,
  plainEnvironment,
  runCommand,
  type Command,
} from './run-command.ts';
import { isRootsAlone } from './program-powers.ts';
import { findProgram, isServerRunning, signalByPidFile } from './server-process.ts';

/** A service that is to use new files. */
export interface Service {
  /**
   * Try whether it can, before it has to; the new files stand already.
   *
   * @throws {CertError} DELIVERY_FAILED when it cannot
   */
  check(): Promise<void>;
  /** Have it use them. @throws {CertError} DELIVERY_FAILED */
  reload(): Promise<void>;
}

/** A server that is told by a signal. */
export interface SignalledService extends Service {
  /** Tell whether it runs: one that does not has nothing to be told. */
  isRunning(): Promise<boolean>;
}

/** How a server is told by a signal, after its program has tried the configuration. */
interface SignalledServer {
  /** Names of the program that tries the configuration. */
  readonly programs: readonly string[];
  /** Arguments for that. */
  test(config: string | undefined): readonly string[];
  readonly signal: 'SIGHUP' | 'SIGUSR1';
  /** What its process may be called. */
  readonly processes: readonly string[];
}

/** The servers that are told by a signal, and how to find them. */
export type Signalled = Extract<DeployTarget, { readonly pidFile: string }>;

/** The servers that are told by a signal: a row each. */
const servers: Readonly<Record<Signalled['type'], SignalledServer>> = {
  nginx: {
    programs: ['nginx'],
    test: (config) => ['-t', '-q', ...(config === undefined ? [] : ['-c', config])],
    signal: 'SIGHUP',
    processes: ['nginx'],
  },
  lighttpd: {
    programs: ['lighttpd'],
    // -tt, unlike -t, loads the modules too, and with them the certificates.
    test: (config = '/etc/lighttpd/lighttpd.conf') => ['-tt', '-f', config],
    // Graceful restart: connections are finished, then the configuration is read anew.
    signal: 'SIGUSR1',
    processes: ['lighttpd'],
  },
  proftpd: {
    programs: ['proftpd'],
    test: (config) => ['-t', '-q', ...(config === undefined ? [] : ['-c', config])],
    signal: 'SIGHUP',
    processes: ['proftpd'],
  },
  apache: {
    // Not the server itself: Debian's needs variables that only this script sets.
    programs: ['apache2ctl', 'apachectl'],
    test: (config) => ['-t', ...(config === undefined ? [] : ['-f', config])],
    signal: 'SIGUSR1',
    processes: ['apache2', 'httpd'],
  },
};

/** Trying a configuration, or reloading a unit, is a matter of a second or two. */
const commandTimeoutMs = 60_000;

/** Reach the service of a deployment. */
export function serviceOf(
  target: DeployTarget,
  deployment: Deployment,
  pems: DeliveredPems,
  signal?: AbortSignal,
): Service {
  switch (target.type) {
    case 'haproxy': {
      const { socket } = target;
      const combined = deployment.files.find(({ kind }) => kind === 'combined')?.path;
      const entry = target.entry ?? combined ?? '';
      return {
        async check() {
          const pem = new TextDecoder().decode(combinedOf(pems));
          await stageCertificate(socket, entry, pem);
        },
        reload: () => commitCertificate(socket, entry),
      };
    }
    case 'systemd':
      return systemdUnit(target, signal);
    case 'strongswan':
      throw new Error('A strongSwan takes no files');
    default:
      return signalledService(target, signal);
  }
}

/** Reach a unit of systemd, which cannot be tried. */
export function systemdUnit(
  { unit, program }: { readonly unit: string; readonly program?: string },
  signal?: AbortSignal,
): Service {
  return {
    async check() {},
    reload: () =>
      succeed('reload', unit, {
        ...running(signal),
        command: [program ?? findProgram(['systemctl']), 'reload', '--', unit],
      }),
  };
}

/** Reach a server that is told by a signal. */
export function signalledService(target: Signalled, signal?: AbortSignal): SignalledService {
  const { type, program, config, pidFile } = target;
  const { programs, test, signal: kind, processes } = servers[type];
  const names = program === undefined ? processes : [...processes, program];
  return {
    check: () => {
      const tried = program ?? findProgram(programs);
      // It reads keys that only root may read; but a configuration can name code to be loaded.
      const areRoots = [tried, ...(config === undefined ? [] : [config])].every(isRootsAlone);
      return succeed('use the configuration of', type, {
        ...running(signal),
        command: [tried, ...test(config)],
        ...(areRoots && { keepsPowers: true }),
      });
    },
    reload: () => signalByPidFile(pidFile, kind, names),
    isRunning: () => isServerRunning(pidFile, names),
  };
}

function running(signal: AbortSignal | undefined): Omit<Command, 'command'> {
  return { env: plainEnvironment, timeoutMs: commandTimeoutMs, ...(signal && { signal }) };
}

async function succeed(doing: string, what: string, command: Command): Promise<void> {
  const { result, output } = await runCommand(command);
  const complaint = complaintOf(result, command.timeoutMs);
  if (complaint === undefined) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot ${doing} ${what}: of "${command.command.join(' ')}", ${complaint}${lastWords(output)}`,
    { hint: 'Run that by hand, and set right what it says' },
  );
}
