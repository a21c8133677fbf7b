import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { defaultBaseOid } from '../../src/traps/base-oid.ts';
import { mibText } from '../../src/traps/mib-text.ts';
import { authKey, community, freePort, privKey } from '../traps/receiver.ts';
import { startDaemon, type Daemon } from './proxies/daemon.ts';

/** Where libsnmp-base, which comes with snmptrapd, has NET-SNMP-MIB. */
const netSnmpMib = '/usr/share/snmp/mibs/NET-SNMP-MIB.txt';
const libraryMibs = join(import.meta.dirname, '../../node_modules/net-snmp/lib/mibs');
const frameworkMib = join(import.meta.dirname, 'snmp-mibs/SNMP-FRAMEWORK-MIB.txt');

/** The engine whose traps the receiver takes. */
export const trapEngineID: string = `8000b98380${'5e'.repeat(12)}`;

/** snmptrapd on loopback, with our MIB; its directory outlives its restarts. */
export interface Trapd {
  readonly port: number;
  /** Wait for what it has logged that matches, and give the line. */
  line(pattern: RegExp): Promise<string>;
  /** All it has logged since it was started last. */
  log(): string;
  restart(): Promise<void>;
  /** Restart it as another engine: what it kept is lost. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Put together the modules that ours needs, and ours. Debian has not those of the IETF: of them, three come with
 * net-snmp, and one is written here as far as it is needed.
 */
export function mibDirectory(directory: string, baseOid: string = defaultBaseOid): string {
  const folder = join(directory, 'mibs');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(libraryMibs).filter((each) => each.startsWith('SNMPv2-')))
    copyFileSync(join(libraryMibs, name), join(folder, name.replace('.mib', '')));
  copyFileSync(netSnmpMib, join(folder, 'NET-SNMP-MIB'));
  copyFileSync(frameworkMib, join(folder, 'SNMP-FRAMEWORK-MIB'));
  writeFileSync(join(folder, 'CERT-LIFECYCLE-MIB'), mibText(baseOid));
  return folder;
}

/** Start snmptrapd, with users of informs and of traps, by each authentication with each privacy. */
export async function startTrapd(
  family: 4 | 6 = 4,
  baseOid?: string,
  engineID: string = trapEngineID,
): Promise<Trapd> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-trapd-'));
  const port = await freePort(family);
  const mibs = mibDirectory(directory, baseOid);
  const users = [
    ['sha256', 'SHA-256', 'AES'],
    ['sha512', 'SHA-512', 'AES-256'],
    ['sha256-aes256', 'SHA-256', 'AES-256'],
    ['sha512-aes128', 'SHA-512', 'AES'],
  ].flatMap(([name, auth, priv]) => [
    `createUser ${name} ${auth} "${authKey}" ${priv} "${privKey}"`,
    `createUser -e 0x${engineID} ${name} ${auth} "${authKey}" ${priv} "${privKey}"`,
    `authUser log ${name} priv`,
  ]);
  writeFileSync(
    join(directory, 'snmptrapd.conf'),
    [
      `snmpTrapdAddr ${family === 4 ? `udp:127.0.0.1:${port}` : `udp6:[::1]:${port}`}`,
      'outputOption s',
      'format2 got|%v\\n',
      `authCommunity log ${community}`,
      ...users,
      '',
    ].join('\n'),
  );
  let daemon = await start(directory, mibs, port);
  let lives = 1;
  const restart = async (): Promise<void> => {
    await daemon.stop();
    daemon = await start(directory, mibs, port);
    lives += 1;
  };
  return {
    port,
    log: () => daemon.log(),
    restart,
    async forget() {
      await daemon.stop();
      rmSync(join(directory, 'persist'), { recursive: true });
      await restart();
    },
    async line(pattern) {
      return await vi.waitFor(
        () => {
          const found = daemon
            .log()
            .split('\n')
            .find((line) => pattern.test(line));
          if (found === undefined)
            throw new Error(`snmptrapd, life ${lives}, has not logged ${pattern}: ${daemon.log()}`);
          return found;
        },
        { timeout: 20_000, interval: 20 },
      );
    },
    async stop() {
      await daemon.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function start(directory: string, mibs: string, port: number): Promise<Daemon> {
  const persist = join(directory, 'persist');
  mkdirSync(persist, { recursive: true });
  const argv = [
    `SNMP_PERSISTENT_DIR=${persist}`,
    'snmptrapd',
    '-f',
    '-C',
    '-c',
    join(directory, 'snmptrapd.conf'),
    '-Le',
    '-M',
    mibs,
    '-m',
    'CERT-LIFECYCLE-MIB:SNMPv2-MIB',
    '-p',
    join(directory, 'pid'),
  ];
  const daemon = await startDaemon('env', argv, /NET-SNMP version/, directory);
  const shown = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  await vi.waitFor(
    () => {
      const sockets = ['/proc/net/udp', '/proc/net/udp6'].map((path) => readFileSync(path, 'utf8'));
      if (!sockets.join('').includes(shown)) throw new Error('snmptrapd does not listen yet');
    },
    { timeout: 20_000, interval: 20 },
  );
  return daemon;
}
