import { accessSync, constants, existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** A Debian package that tests may ask for. */
export type PeerPackageName =
  | 'openssl'
  | 'curl'
  | 'iproute2'
  | 'util-linux'
  | 'squid-openssl'
  | 'tinyproxy'
  | 'python3'
  | 'zsh'
  | 'fish'
  | 'groff'
  | 'nginx-light'
  | 'proftpd-core'
  | 'openssh-server'
  | 'openssh-client'
  | 'atftpd'
  | 'apache2'
  | 'haproxy'
  | 'lighttpd-mod-openssl'
  | 'proftpd-mod-crypto'
  | 'slapd'
  | 'softhsm2'
  | 'opensc'
  | 'snmptrapd'
  | 'smitools'
  | 'systemd'
  | 'libnss3-tools'
  | 'gnutls-bin'
  | 'openjdk-17-jre-headless'
  | 'faketime'
  | 'debootstrap'
  | 'systemd-container'
  | 'charon-systemd'
  | 'strongswan-swanctl'
  | 'libcharon-extra-plugins'
  | 'libstrongswan-extra-plugins'
  | 'iputils-ping'
  | 'nftables';

/** A program the interop tests talk to or are run by, and the Debian package it comes in. */
export interface PeerPackage {
  readonly debian: PeerPackageName;
  /** Its name, or the absolute path of a plugin. */
  readonly program: string;
  readonly neededFor: string;
}

const charonPlugins = '/usr/lib/ipsec/plugins';

/** What `scripts/peers --install` installs; a row a program. */
export const peerPackages: readonly PeerPackage[] = [
  {
    debian: 'openssl',
    program: 'openssl',
    neededFor: 'CMP client and server of OpenSSL, certificate and DER checks',
  },
  {
    debian: 'curl',
    program: 'curl',
    neededFor: 'the client of the FTPS example',
  },
  {
    debian: 'iproute2',
    program: 'ip',
    neededFor: 'bringing the loopback interface up in the network namespace of the interop tests',
  },
  {
    debian: 'util-linux',
    program: 'unshare',
    neededFor: 'the network namespace the interop tests run in',
  },
  {
    debian: 'squid-openssl',
    program: 'squid',
    neededFor: 'a proxy that asks for a password, keeping its connections',
  },
  {
    debian: 'tinyproxy',
    program: 'tinyproxy',
    neededFor: 'a proxy that asks for a password, closing its connections',
  },
  {
    debian: 'python3',
    program: 'python3',
    neededFor: 'the pseudo-terminal that the shell is typed into',
  },
  { debian: 'zsh', program: 'zsh', neededFor: 'completion in zsh' },
  { debian: 'fish', program: 'fish', neededFor: 'completion in fish' },
  { debian: 'groff', program: 'groff', neededFor: 'checking the manual pages' },
  { debian: 'nginx-light', program: 'nginx', neededFor: 'files by http and https' },
  { debian: 'proftpd-core', program: 'proftpd', neededFor: 'files by ftp' },
  { debian: 'openssh-server', program: 'sshd', neededFor: 'files by sftp' },
  {
    debian: 'openssh-client',
    program: 'ssh-keygen',
    neededFor: 'keys of the sftp server and user',
  },
  { debian: 'atftpd', program: 'atftpd', neededFor: 'files by tftp' },
  { debian: 'slapd', program: 'slapd', neededFor: 'CRLs and certificates by ldap and ldaps' },
  { debian: 'softhsm2', program: 'softhsm2-util', neededFor: 'keys in a PKCS #11 token' },
  { debian: 'opensc', program: 'pkcs11-tool', neededFor: 'a second look at keys in a token' },
  { debian: 'snmptrapd', program: 'snmptrapd', neededFor: 'receiving traps and informs' },
  {
    debian: 'systemd',
    program: 'systemd-notify',
    neededFor: 'readiness, watchdog and the check of the unit',
  },
  { debian: 'smitools', program: 'smilint', neededFor: 'checking CERT-LIFECYCLE-MIB' },
  {
    debian: 'apache2',
    program: 'apache2ctl',
    neededFor: 'deployment to a server whose own script tries its configuration',
  },
  { debian: 'haproxy', program: 'haproxy', neededFor: 'deployment by its runtime API' },
  {
    debian: 'lighttpd-mod-openssl',
    program: 'lighttpd',
    neededFor: 'deployment to a server that is told by SIGUSR1',
  },
  {
    debian: 'proftpd-mod-crypto',
    program: 'proftpd',
    neededFor: 'deployment to an ftp server with TLS',
  },
  { debian: 'libnss3-tools', program: 'pk12util', neededFor: 'PKCS#12 files read by NSS' },
  { debian: 'gnutls-bin', program: 'certtool', neededFor: 'PKCS#12 files read and made by GnuTLS' },
  {
    debian: 'openjdk-17-jre-headless',
    program: 'keytool',
    neededFor: 'PKCS#12 files read and made by Java',
  },
  { debian: 'faketime', program: 'faketime', neededFor: 'years of an agent in minutes' },
  { debian: 'debootstrap', program: 'debootstrap', neededFor: 'an empty Debian to install in' },
  {
    debian: 'systemd-container',
    program: 'systemd-nspawn',
    neededFor: 'the service under a systemd of its own',
  },
  { debian: 'charon-systemd', program: 'charon-systemd', neededFor: 'IKE gateways' },
  {
    debian: 'strongswan-swanctl',
    program: 'swanctl',
    neededFor: 'connections of IKE gateways that we did not make',
  },
  {
    debian: 'libcharon-extra-plugins',
    program: `${charonPlugins}/libstrongswan-kernel-libipsec.so`,
    neededFor: 'ESP where the kernel has none',
  },
  {
    debian: 'libstrongswan-extra-plugins',
    program: `${charonPlugins}/libstrongswan-pkcs11.so`,
    neededFor: 'IKE gateways with their keys in a PKCS #11 token',
  },
  { debian: 'iputils-ping', program: 'ping', neededFor: 'traffic through a tunnel' },
  { debian: 'nftables', program: 'nft', neededFor: 'what an IKE gateway may reach' },
];

/** Where programs are looked for: also where a plain user's PATH does not reach. */
export const programPath: string = [
  process.env['PATH'] ?? '',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
].join(':');

/** Tell whether the program of a package can be run. */
export function isInstalled(name: PeerPackageName): boolean {
  return peerPackages.some(({ debian, program }) => debian === name && isProgram(program));
}

function isProgram(program: string): boolean {
  // A plugin is read, not run.
  if (isAbsolute(program)) return existsSync(program);
  return programPath.split(':').some((directory) => {
    if (directory === '') return false;
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
