import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { debianRootFile, hasDebianRoot } from '../scripts/debian-root.ts';
import { programPath } from '../scripts/peer-packages.ts';

/** A feature that tests may ask for. */
export type FeatureName =
  | 'namespaces'
  | 'bridges'
  | 'tun'
  | 'esp'
  | 'netem'
  | 'charon-pkcs11'
  | 'ordinary-user'
  | 'mounts'
  | 'accounts'
  | 'debian-root'
  | 'containers'
  | 'chromium';

/** Something only the kernel or a plugin can give: a machine without it may skip the tests that need it. */
export interface Feature {
  /** What is tried, in words a reader can repeat. */
  readonly probe: string;
  isThere(): boolean;
}

/** The only reasons besides a missing Debian package for which a test may be skipped. */
export const features: Readonly<Record<FeatureName, Feature>> = {
  namespaces: {
    probe:
      'unshare -n (root) or unshare -rn, ip link set lo up: only the loopback interface is seen',
    isThere: isIsolated,
  },
  bridges: {
    probe:
      'unshare -n (root) ip link add br0 type bridge, and ip link add p1 type veth peer name p2',
    isThere: () => succeeds('unshare', '-n', '--', 'sh', '-ec', bridgeScript),
  },
  tun: {
    probe: '/dev/net/tun can be opened for reading and writing',
    isThere: () => isAccessible('/dev/net/tun', constants.R_OK | constants.W_OK),
  },
  esp: {
    probe: '/proc/net/xfrm_stat exists and ip xfrm state list succeeds',
    isThere: () => existsSync('/proc/net/xfrm_stat') && succeeds('ip', 'xfrm', 'state', 'list'),
  },
  netem: {
    probe: 'tc qdisc add dev lo root netem delay 1ms, in the namespace of the tests',
    isThere: hasNetem,
  },
  'ordinary-user': {
    probe: 'the tests do not run as root, whom no mode keeps out of a directory',
    isThere: () => process.geteuid?.() !== 0,
  },
  accounts: {
    probe: '/proc/self/uid_map has more than one user: daemons can leave root behind',
    isThere: hasAccounts,
  },
  mounts: {
    probe: 'unshare -m (root) or unshare -rm, mount -t tmpfs tmpfs /mnt',
    isThere: () => succeeds('unshare', mountFlags(), 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'),
  },
  'debian-root': {
    probe: `${debianRootFile} is there: scripts/peers --install makes it by debootstrap`,
    isThere: hasDebianRoot,
  },
  containers: {
    probe:
      'this is the root of a machine that has a cgroup hierarchy for systemd, and may write to it',
    isThere: hasContainers,
  },
  chromium: {
    probe: 'chromium --version: its Debian package takes 400 MB, so nothing here installs it',
    isThere: () => succeeds('chromium', '--version'),
  },
  'charon-pkcs11': {
    probe: '/usr/lib/ipsec/plugins/libstrongswan-pkcs11.so is readable',
    isThere: () => isAccessible('/usr/lib/ipsec/plugins/libstrongswan-pkcs11.so', constants.R_OK),
  },
};

/** What a segment between network namespaces is made of; all of it is gone with the namespace. */
const bridgeScript =
  'ip link add br0 type bridge; ip link add p1 type veth peer name p2; ip link set p1 master br0';

/** Tell whether this root is the machine's, and not that of `unshare -rn`, who is alone in his world. */
function hasAccounts(): boolean {
  const [, , count = '0'] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return process.geteuid?.() === 0 && Number(count) > 1;
}

/** Tell whether `systemd-nspawn --boot` has what it needs. */
function hasContainers(): boolean {
  if (!hasAccounts()) return false;
  const hierarchies = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];
  return hierarchies.some((path) => isAccessible(join(path, 'cgroup.procs'), constants.W_OK));
}

/** What `unshare` takes for mounts of one's own. */
export function mountFlags(): string {
  return process.geteuid?.() === 0 ? '-m' : '-rm';
}

/** Tell whether nothing outside can reach this process: then a peer may bind every address. */
function isIsolated(): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
  return addresses.length > 0 && addresses.every(({ internal }) => internal);
}

function hasNetem(): boolean {
  // Never on the machine's own loopback.
  if (!isIsolated()) return false;
  if (!succeeds('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms')) return false;
  return succeeds('tc', 'qdisc', 'del', 'dev', 'lo', 'root');
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function succeeds(program: string, ...args: string[]): boolean {
  const env = { ...process.env, PATH: programPath };
  return spawnSync(program, args, { stdio: 'ignore', env }).status === 0;
}
