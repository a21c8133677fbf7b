import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unusedPort } from '../../http/hostile-server.ts';
import { answers, startDaemon, type Daemon } from './daemon.ts';

/** A proxy on loopback that knows one user. */
export interface Proxy {
  readonly url: string;
  /** What it said of the requests it saw. */
  log(): string;
  signal: Daemon['signal'];
  close(): Promise<void>;
}

/** The user every proxy knows, and the password. */
export const proxyUser = 'agent7';
export const proxyPassword = 'pr0xy-s3cret';

/** Starts a proxy; one that is open asks nobody for a password. */
export type StartProxy = (httpsPort: number, isOpen?: boolean) => Promise<Proxy>;

/** How to start each of the proxies; `httpsPort` is the one CONNECT is for. */
export const proxies: Readonly<Record<'squid' | 'tinyproxy', StartProxy>> = {
  async squid(_httpsPort, isOpen = false) {
    const port = await unusedPort();
    return await start(port, (directory) => {
      const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], {
        input: proxyPassword,
        encoding: 'utf8',
      });
      writeFileSync(join(directory, 'users'), `${proxyUser}:${hash.trim()}\n`);
      const file = join(directory, 'squid.conf');
      writeFileSync(file, squidConf(port, directory, isOpen));
      // Named, so that its shared memory is its own, whatever other squids run or have left behind.
      const argv = ['-N', '-n', `certkeeper${port}`, '-d', '1', '-f', file];
      const ready = /Accepting HTTP Socket/;
      if (process.geteuid?.() !== 0) return startDaemon('squid', argv, ready, directory);
      if (canChangeUser()) {
        execFileSync('chown', ['-R', 'proxy:proxy', directory]);
        return startDaemon('squid', argv, ready, directory);
      }
      // It will not work as root, and this root cannot become anybody else: have it called another name.
      const renamed = ['--user', '--map-user=65534', '--', 'squid', ...argv];
      return startDaemon('unshare', renamed, ready, directory);
    });
  },
  async tinyproxy(httpsPort, isOpen = false) {
    const port = await unusedPort();
    return await start(port, (directory) => {
      const file = join(directory, 'tinyproxy.conf');
      writeFileSync(file, tinyproxyConf(port, httpsPort, isOpen));
      return startDaemon(
        'tinyproxy',
        ['-d', '-c', file],
        /Accepting connections|main loop/,
        directory,
      );
    });
  },
};

async function start(port: number, run: (directory: string) => Promise<Daemon>): Promise<Proxy> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-proxy-'));
  const daemon = await run(directory);
  // squid says that it accepts connections and calls listen() a turn of its event loop later: under load, too late.
  await answers(port);
  return {
    url: `http://127.0.0.1:${port}`,
    log: daemon.log,
    signal: daemon.signal,
    async close() {
      await daemon.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Tell whether this root is the machine's, and not that of `unshare -rn`, who is alone in his world. */
function canChangeUser(): boolean {
  const [, , count = '0'] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return Number(count) > 1;
}

function squidConf(port: number, directory: string, isOpen: boolean): string {
  return `
http_port 127.0.0.1:${port}
pid_filename ${directory}/pid
access_log none
cache_log ${directory}/cache.log
coredump_dir ${directory}
cache deny all
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${directory}/users
auth_param basic children 1
acl authed proxy_auth REQUIRED
acl lo dst 127.0.0.0/8
http_access allow${isOpen ? '' : ' authed'} lo
http_access deny all
shutdown_lifetime 0 seconds
pinger_enable off
visible_hostname test
max_filedescriptors 1024
`;
}

function tinyproxyConf(port: number, httpsPort: number, isOpen: boolean): string {
  return `
Port ${port}
Listen 127.0.0.1
Timeout 20
MaxClients 20
LogLevel Info
Allow 127.0.0.1
${isOpen ? '' : `BasicAuth ${proxyUser} ${proxyPassword}`}
ConnectPort ${httpsPort}
`;
}
