import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from '../../scripts/peer-packages.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { keyPem, pems } from '../http/tls-server.ts';
import { tlsServer } from './https-front.ts';
import { answers, startDaemon, type Daemon } from './proxies/daemon.ts';

/** A directory of files that a server shows. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** A file server on loopback, with its files and settings in a directory of its own. */
export interface FileServer {
  readonly port: number;
  /** Where its files are. */
  readonly folder: string;
  log(): string;
  signal: Daemon['signal'];
  close(): Promise<void>;
}

/** The user of servers that have users, and the password. */
export const fileUser = 'agent7';
export const filePassword = 'f1le-s3cret';

/**
 * Start nginx: files below "/", for the user; under TLS with the certificate of the TLS tests, if wanted.
 *
 * @param isOpen for everybody
 */
export async function startNginx(
  files: Files,
  isSecure: boolean,
  isOpen: boolean = false,
): Promise<FileServer> {
  return await start(files, async ({ directory, folder, port }) => {
    const hash = openssl(['passwd', '-apr1', '-stdin'], filePassword);
    writeFileSync(join(directory, 'users'), `${fileUser}:${hash}\n`);
    writeFileSync(join(directory, 'key.pem'), keyPem(tlsServer));
    writeFileSync(join(directory, 'chain.pem'), pems(tlsServer));
    const tls = 'ssl_certificate chain.pem; ssl_certificate_key key.pem;';
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      join(directory, 'nginx.conf'),
      `
daemon off;
master_process off;
user root;
pid ${directory}/pid;
error_log stderr notice;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port}${isSecure ? ' ssl' : ''};
    ${isSecure ? tls : ''}
    root ${folder};
    ${isOpen ? '' : 'auth_basic files; auth_basic_user_file users;'}
  }
}
`,
    );
    const argv = ['-e', 'stderr', '-p', directory, '-c', join(directory, 'nginx.conf')];
    return await startDaemon('nginx', argv, /OS: Linux/, directory);
  });
}

/**
 * Start proftpd, for the user; without EPSV, if wanted.
 *
 * @param isOpen for whoever says to be anonymous, in place of the user
 */
export async function startProftpd(
  files: Files,
  hasEpsv: boolean,
  isOpen: boolean = false,
): Promise<FileServer> {
  return await start(files, async ({ directory, folder, port }) => {
    const hash = openssl(['passwd', '-6', '-stdin'], isOpen ? 'anonymous@' : filePassword);
    const users = join(directory, 'users');
    const user = isOpen ? 'anonymous' : fileUser;
    writeFileSync(users, `${user}:${hash}:65534:65534::${folder}:/bin/false\n`, {
      mode: 0o600,
    });
    const file = join(directory, 'proftpd.conf');
    writeFileSync(
      file,
      `
ServerName test
ServerType standalone
Port ${port}
DefaultAddress 127.0.0.1
SocketBindTight on
UseIPv6 off
User nobody
Group nogroup
PidFile ${directory}/pid
ScoreboardFile ${directory}/score
DelayEngine off
WtmpLog off
UseReverseDNS off
AuthOrder mod_auth_file.c
AuthUserFile ${users}
RequireValidShell off
TransferLog none
${hasEpsv ? '' : '<Limit EPSV>\n  DenyAll\n</Limit>'}
`,
    );
    const daemon = await startAsNobody('proftpd', ['-n', '-c', file], /STARTUP/, directory);
    await answers(port);
    return daemon;
  });
}

/** An sshd, with the keys that lead into it. */
export interface Sshd extends FileServer {
  /** The account of whoever runs the tests. */
  readonly username: string;
  /** Text of the private key the server knows, and of one it does not. */
  readonly userKey: Uint8Array;
  readonly otherKey: Uint8Array;
  /** `ssh-keygen -lf` of its host keys, by type. */
  readonly fingerprints: Readonly<Record<'ed25519' | 'rsa', string>>;
  /** Public parts of them, as in known_hosts. */
  readonly publicKeys: Readonly<Record<'ed25519' | 'rsa', string>>;
}

/** Start sshd with nothing but sftp, for the account of whoever runs the tests. */
export async function startSshd(files: Files): Promise<Sshd> {
  const who = realUser();
  const username = execFileSync('id', ['-nu', String(who ?? process.getuid?.() ?? 0)], {
    encoding: 'utf8',
  }).trim();
  let made = '';
  const server = await start(files, async ({ directory, folder, port }) => {
    made = directory;
    for (const type of ['ed25519', 'rsa']) keygen(join(directory, `host-${type}`), type);
    keygen(join(directory, 'user'), 'ed25519');
    keygen(join(directory, 'other'), 'ed25519');
    const file = join(directory, 'sshd.conf');
    writeFileSync(
      file,
      `
Port ${port}
ListenAddress 127.0.0.1
HostKey ${directory}/host-ed25519
HostKey ${directory}/host-rsa
PidFile none
AuthorizedKeysFile ${directory}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers ${username}
Subsystem sftp internal-sftp -d ${folder}
ForceCommand internal-sftp -d ${folder}
PermitTTY no
AllowTcpForwarding no
`,
    );
    // It wants to be called by its whole name, and a directory in /run when it is root.
    const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', file];
    const own = 'mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec "$@"';
    const argv =
      who === undefined && process.geteuid?.() === 0
        ? ['--mount', '--', 'sh', '-c', own, 'sh', ...sshd]
        : ['--user', `--map-user=${who ?? process.getuid?.()}`, '--', ...sshd];
    return await startDaemon('unshare', argv, /Server listening/, directory);
  });
  const text = (name: string): string => readFileSync(join(made, name), 'utf8').trim();
  const fingerprint = (type: string): string =>
    execFileSync('ssh-keygen', ['-lf', join(made, `host-${type}.pub`)], {
      encoding: 'utf8',
    }).split(' ')[1] ?? '';
  return {
    ...server,
    username,
    userKey: readFileSync(join(made, 'user')),
    otherKey: readFileSync(join(made, 'other')),
    fingerprints: { ed25519: fingerprint('ed25519'), rsa: fingerprint('rsa') },
    publicKeys: { ed25519: text('host-ed25519.pub'), rsa: text('host-rsa.pub') },
  };
}

/** Start atftpd. */
export async function startAtftpd(files: Files): Promise<FileServer> {
  return await start(files, async ({ directory, folder, port }) => {
    const argv = ['--daemon', '--no-fork', '--port', String(port), '--bind-address', '127.0.0.1'];
    const more = ['--user', 'nobody.nogroup', '--logfile', '-', '--verbose=7', folder];
    return await startAsNobody('atftpd', [...argv, ...more], /server started/, directory);
  });
}

/** A slapd that has an entry `cn=NAME,o=Test` for each file, in `testFile` of it. */
export interface Slapd extends FileServer {
  readonly tlsPort: number;
}

/** The DN that slapd knows, and what else is in it. */
export const ldapUser = 'cn=admin,o=Test';

/**
 * Start slapd, for those who say who they are.
 *
 * @param ldif further entries, below o=Test
 * @param isOpen for everybody
 */
export async function startSlapd(
  files: Files,
  ldif: string = '',
  isOpen: boolean = false,
): Promise<Slapd> {
  const tlsPort = await unusedPort();
  const server = await start({}, async ({ directory, port }) => {
    writeFileSync(join(directory, 'key.pem'), keyPem(tlsServer));
    writeFileSync(join(directory, 'chain.pem'), pems(tlsServer));
    mkdirSync(join(directory, 'db'));
    const conf = join(directory, 'slapd.conf');
    writeFileSync(
      conf,
      `
include /etc/ldap/schema/core.schema
pidfile ${directory}/pid
argsfile ${directory}/args
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${directory}/chain.pem
TLSCertificateKeyFile ${directory}/key.pem
attributetype ( 1.3.6.1.4.1.4203.666.1.1 NAME 'testFile' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.4203.666.3.1 NAME 'testEntry' SUP top MUST cn MAY testFile )
database mdb
suffix "o=Test"
rootdn "${ldapUser}"
rootpw ${filePassword}
directory ${directory}/db
maxsize 104857600
access to * by ${isOpen ? '* read' : 'users read by anonymous auth'}
`,
    );
    const entries = Object.entries(files).map(
      ([name, octets]) =>
        `dn: cn=${name},o=Test\nobjectClass: testEntry\ncn: ${name}\ntestFile:: ${Buffer.from(octets).toString('base64')}\n`,
    );
    const all = ['dn: o=Test\nobjectClass: organization\no: Test\n', ...entries, ldif];
    writeFileSync(join(directory, 'all.ldif'), all.join('\n'));
    execFileSync('slapadd', ['-f', conf, '-l', join(directory, 'all.ldif')], {
      env: { PATH: programPath },
      stdio: 'pipe',
    });
    const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`;
    const argv = ['-d', '256', '-f', conf, '-h', urls];
    const daemon = await startDaemon('slapd', argv, /slapd starting/, directory);
    await answers(port);
    await answers(tlsPort);
    return daemon;
  });
  return { ...server, tlsPort };
}

interface Place {
  readonly directory: string;
  readonly folder: string;
  readonly port: number;
}

async function start(files: Files, run: (place: Place) => Promise<Daemon>): Promise<FileServer> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'certkeeper-files-')));
  // For servers that become another user.
  chmodSync(directory, 0o755);
  const folder = join(directory, 'files');
  mkdirSync(folder, { mode: 0o755 });
  for (const [name, octets] of Object.entries(files)) writeFileSync(join(folder, name), octets);
  const port = await unusedPort();
  const daemon = await run({ directory, folder, port });
  return {
    port,
    folder,
    log: daemon.log,
    signal: daemon.signal,
    async close() {
      await daemon.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Start what becomes "nobody" by itself when it is root; a root that cannot is renamed before. */
async function startAsNobody(
  program: string,
  argv: readonly string[],
  ready: RegExp,
  directory: string,
): Promise<Daemon> {
  if (realUser() === undefined) return await startDaemon(program, argv, ready, directory);
  const renamed = ['--user', '--map-user=65534', '--map-group=65534', '--', program, ...argv];
  return await startDaemon('unshare', renamed, ready, directory);
}

/** Who really runs this, when it is the root of `unshare -rn`, who can become nobody else. */
function realUser(): number | undefined {
  const [, outside, count] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return process.geteuid?.() === 0 && count === '1' ? Number(outside) : undefined;
}

function keygen(path: string, type: string): void {
  const size = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-f', path], { stdio: 'pipe' });
}

function openssl(argv: readonly string[], input: string): string {
  return execFileSync('openssl', argv, { input, encoding: 'utf8' }).trim();
}
