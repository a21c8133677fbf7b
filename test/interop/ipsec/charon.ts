import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { programPath } from '../../../scripts/peer-packages.ts';
import { execFile } from 'node:child_process';
import type { Ended, Place, PlacedProcess } from './place.ts';

/** How a charon is set up. */
export interface CharonOptions {
  /** `libipsec`: ESP in user space through a TUN device. `none` when absent: IKE_SAs without traffic, where the kernel has no ESP. */
  readonly esp?: 'libipsec' | 'none';
  /** More lines of its section of strongswan.conf, such as `make_before_break = yes`. */
  readonly settings?: readonly string[];
  /** Plugins beside the usual ones, such as `pkcs11`. */
  readonly plugins?: readonly string[];
  /** The usual ones that are left out. */
  readonly without?: readonly string[];
  /** More lines of its section of plugins. */
  readonly pluginSettings?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An IKE_SA as `swanctl --list-sas` tells of it. */
export interface SeenAssociation {
  readonly connection: string;
  readonly id: string;
  readonly state: string;
  /** Names and states of its CHILD_SAs. */
  readonly children: readonly { readonly name: string; readonly state: string }[];
}

/** What became of an attempt to set a connection up. */
export interface Called {
  readonly isEstablished: boolean;
  /** Lines of charon's log on it. */
  readonly said: string;
}

/** A charon in a place, without systemd, with a directory of its own. */
export interface Charon {
  readonly place: Place;
  /** Of VICI. */
  readonly socket: string;
  /** What swanctl takes for its own: below are x509, x509ca, x509crl, private and swanctl.conf. */
  readonly directory: string;
  /** It is set anew by each start. */
  pid(): number;
  isRunning(): boolean;
  /** @param env beside that it was set up with */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** In good order: its SAs are deleted, and the peers told. */
  stop(): Promise<void>;
  /** As a machine that is switched off. */
  kill(): Promise<void>;
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** What it has logged, of all its runs. */
  log(): string;
  swanctl(...argv: readonly string[]): Promise<Ended>;
  /** Put files below its directory, in place of those there, and have all of it loaded anew. */
  load(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Set a connection up, and wait for what becomes of it. */
  call(connection: string, child?: string): Promise<Called>;
  /** The same. @returns whether it is established */
  initiate(connection: string, child?: string): Promise<boolean>;
  terminate(connection: string): Promise<void>;
  sas(): Promise<readonly SeenAssociation[]>;
}

/** How long a charon may take to answer on a busy machine. */
const START_MS = 20_000;

/** Prepare one; it is not started yet. @param directory above its own */
export function charonIn(place: Place, directory: string, options: CharonOptions = {}): Charon {
  const home = join(directory, `charon-${place.name}`);
  for (const each of ['x509', 'x509ca', 'x509crl', 'private']) {
    mkdirSync(join(home, each), { recursive: true });
  }
  chmodSync(join(home, 'private'), 0o700);
  const socket = join(home, 'charon.vici');
  const configuration = join(home, 'strongswan.conf');
  writeFileSync(configuration, configurationOf(home, socket, options));
  let running: PlacedProcess | undefined;

  // The socket is a file: whoever speaks to it need not be in the namespace.
  const swanctl: Charon['swanctl'] = (...argv) =>
    new Promise((resolve) => {
      const env = {
        ...process.env,
        PATH: programPath,
        STRONGSWAN_CONF: configuration,
        SWANCTL_DIR: home,
      };
      const words = [...argv, '--uri', `unix://${socket}`];
      const child = execFile('swanctl', words, { env, timeout: 60_000 }, (_error, out, err) =>
        resolve({ code: child.exitCode, out, err }),
      );
    });
  const done = async (...argv: readonly string[]): Promise<string> => {
    const { code, out, err } = await swanctl(...argv);
    if (code === 0) return out;
    throw new Error(`${place.name}: swanctl ${argv.join(' ')} ended with ${code}: ${out}${err}`);
  };
  const call: Charon['call'] = async (connection, child) => {
    const which = child === undefined ? ['--ike', connection] : ['--child', child];
    const { code, out, err } = await swanctl('--initiate', ...which, '--timeout', '20');
    return { isEstablished: code === 0, said: out + err };
  };
  const log = (): string => readFileSync(join(home, 'charon.log'), 'utf8');
  const start: Charon['start'] = async (more = {}) => {
    rmSync(socket, { force: true });
    const env = { ...options.env, ...more, STRONGSWAN_CONF: configuration };
    const begun = place.start('charon-systemd', [], { env });
    running = begun;
    await vi.waitFor(
      async () => {
        if (!begun.isRunning()) throw new Error(`charon did not start: ${begun.log()}${log()}`);
        await done('--stats');
      },
      { timeout: START_MS, interval: 30 },
    );
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await running?.stop(signal);
    running = undefined;
  };
  return {
    place,
    socket,
    directory: home,
    pid() {
      if (running === undefined) throw new Error(`${place.name}: charon does not run`);
      return running.pid;
    },
    isRunning: () => running?.isRunning() ?? false,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart(env) {
      await end('SIGTERM');
      await start(env);
    },
    log,
    swanctl,
    async load(files) {
      for (const each of ['x509', 'x509ca', 'x509crl', 'private']) {
        for (const file of readdirSync(join(home, each))) rmSync(join(home, each, file));
      }
      for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content);
      await done('--load-all', '--clear');
    },
    call,
    initiate: async (connection, child) => (await call(connection, child)).isEstablished,
    async terminate(connection) {
      await swanctl('--terminate', '--ike', connection, '--timeout', '10');
    },
    sas: async () => associationsIn(await done('--list-sas')),
  };
}

const usualPlugins = [
  'random',
  'nonce',
  'openssl',
  'x509',
  'revocation',
  'constraints',
  'pubkey',
  'pkcs1',
  'pkcs8',
  'pem',
  'curl',
  'ldap',
  'hmac',
  'kdf',
] as const;

function configurationOf(home: string, socket: string, options: CharonOptions): string {
  const { esp = 'none', settings = [], plugins = [], pluginSettings = [], without = [] } = options;
  const kernel = esp === 'libipsec' ? ['kernel-libipsec', 'kernel-netlink'] : ['kernel-netlink'];
  const usual = usualPlugins.filter((plugin) => !without.includes(plugin));
  const load = [...usual, ...plugins, ...kernel, 'socket-default', 'vici', 'counters'];
  return [
    'charon-systemd {',
    `  load = ${load.join(' ')}`,
    `  install_routes = ${esp === 'libipsec' ? 'yes' : 'no'}`,
    '  retransmit_tries = 2',
    '  retransmit_timeout = 1',
    ...settings.map((line) => `  ${line}`),
    '  plugins {',
    `    vici { socket = unix://${socket} }`,
    '    revocation { timeout = 2s }',
    ...pluginSettings.map((line) => `    ${line}`),
    '  }',
    '  filelog {',
    // A file, since what goes to stdout is held back in blocks.
    `    out { path = ${join(home, 'charon.log')}`,
    '      default = 1',
    '      cfg = 2',
    '      flush_line = yes }',
    '  }',
    '  journal { default = -1 }',
    '}',
    'swanctl { load = random openssl x509 pubkey pkcs1 pkcs8 pem }',
    '',
  ].join('\n');
}

function associationsIn(text: string): readonly SeenAssociation[] {
  const found: { connection: string; id: string; state: string; children: Child[] }[] = [];
  for (const line of text.split('\n')) {
    const [, connection, id, state] = /^(\S+): #(\d+), (\w+),/.exec(line) ?? [];
    if (connection !== undefined && id !== undefined && state !== undefined) {
      found.push({ connection, id, state, children: [] });
    }
    const [, name, childState] = /^ {2}(\S+): #\d+, reqid \d+, (\w+),/.exec(line) ?? [];
    if (name !== undefined && childState !== undefined) {
      found.at(-1)?.children.push({ name, state: childState });
    }
  }
  return found;
}

type Child = SeenAssociation['children'][number];
