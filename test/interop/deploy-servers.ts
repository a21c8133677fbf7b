import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerPackageName } from '../../scripts/peer-packages.ts';
import { startDaemon, type Daemon } from './proxies/daemon.ts';

/** Where a server finds what it needs. */
export interface ServerPlace {
  /** A directory of its own, of root. */
  readonly directory: string;
  readonly port: number;
}

/** A server that certificates are deployed to; a row each. */
export interface DeployServer {
  readonly debian: PeerPackageName;
  /** Configure it, with a line that is put in as it is. */
  configure(place: ServerPlace, line?: string): void;
  start(place: ServerPlace): Promise<Daemon>;
  /** What `cert deploy` is told beside the name. */
  words(place: ServerPlace): string;
  /** A line that makes its configuration unusable. */
  readonly mistake: string;
  /** More for `openssl s_client`. */
  readonly starttls: readonly string[];
}

const pair = ({ directory }: ServerPlace): string =>
  `key ${directory}/tls/server.key fullchain ${directory}/tls/server.pem`;

const told = (name: string, { directory, port }: ServerPlace): string =>
  `target ${name} pid-file ${directory}/pid config ${directory}/conf probe 127.0.0.1:${port}`;

/** Write the configuration and what stands beside it. */
function write({ directory }: ServerPlace, text: string): void {
  mkdirSync(join(directory, 'run'), { recursive: true });
  writeFileSync(join(directory, 'conf'), text);
}

/** The servers that are told by a signal. */
export const signalledServers: Readonly<
  Record<'nginx' | 'lighttpd' | 'proftpd' | 'apache', DeployServer>
> = {
  nginx: {
    debian: 'nginx-light',
    configure: (place, line = '') => {
      const { directory, port } = place;
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((each) => `${each}_temp_path ${directory}/run/${each};`)
        .join(' ');
      write(
        place,
        `daemon off; pid ${directory}/pid; error_log stderr notice; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${directory}/tls/server.pem;
    ssl_certificate_key ${directory}/tls/server.key;
    ${line}
    location / { return 200 "ok"; }
  }
}
`,
      );
    },
    start: ({ directory }) =>
      startDaemon(
        'nginx',
        ['-e', 'stderr', '-c', join(directory, 'conf')],
        /start worker process/,
        directory,
      ),
    words: (place) => `${pair(place)} ${told('nginx', place)}`,
    mistake: 'no_such_directive on;',
    starttls: [],
  },
  lighttpd: {
    debian: 'lighttpd-mod-openssl',
    configure: (place, line = '') => {
      const { directory, port } = place;
      write(
        place,
        `server.modules = ("mod_openssl")
server.document-root = "${directory}/run"
server.bind = "127.0.0.1"
server.port = ${port}
server.pid-file = "${directory}/pid"
ssl.engine = "enable"
ssl.pemfile = "${directory}/tls/server.pem"
ssl.privkey = "${directory}/tls/server.key"
${line}
`,
      );
    },
    start: ({ directory }) =>
      startDaemon('lighttpd', ['-D', '-f', join(directory, 'conf')], /server started/, directory),
    words: (place) => `${pair(place)} ${told('lighttpd', place)}`,
    mistake: 'ssl.pemfile = = "no"',
    starttls: [],
  },
  proftpd: {
    debian: 'proftpd-mod-crypto',
    configure: (place, line = '') => {
      const { directory, port } = place;
      write(
        place,
        `ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
ServerName "test"
ServerType standalone
Port ${port}
DefaultAddress 127.0.0.1
SocketBindTight on
UseIPv6 off
User nobody
Group nogroup
PidFile ${directory}/pid
ScoreboardFile ${directory}/run/score
DelayEngine off
WtmpLog off
UseReverseDNS off
AuthOrder mod_auth_file.c
AuthUserFile ${directory}/run/users
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLSECCertificateFile ${directory}/tls/server.pem
TLSECCertificateKeyFile ${directory}/tls/server.key
TLSVerifyClient off
TLSRequired off
${line}
`,
      );
      writeFileSync(join(directory, 'run/users'), '', { mode: 0o600 });
    },
    start: ({ directory }) =>
      startDaemon('proftpd', ['-n', '-c', join(directory, 'conf')], /STARTUP/, directory),
    words: (place) => `${pair(place)} ${told('proftpd', place)} probe-starttls ftp`,
    mistake: 'NoSuchDirective on',
    starttls: ['-starttls', 'ftp'],
  },
  apache: {
    debian: 'apache2',
    configure: (place, line = '') => {
      const { directory, port } = place;
      const modules = ['mpm_event', 'authz_core', 'ssl']
        .map((each) => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so\n`)
        .join('');
      write(
        place,
        `${modules}ServerRoot ${directory}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${directory}/pid
User nobody
Group nogroup
ErrorLog "|/bin/cat"
LogLevel notice
Mutex posixsem
DocumentRoot ${directory}/run
SSLEngine on
SSLCertificateFile ${directory}/tls/server.pem
SSLCertificateKeyFile ${directory}/tls/server.key
${line}
`,
      );
    },
    start: ({ directory }) =>
      startDaemon(
        'apache2',
        ['-D', 'FOREGROUND', '-f', join(directory, 'conf')],
        /resuming normal operations/,
        directory,
      ),
    words: (place) => `${pair(place)} ${told('apache', place)}`,
    mistake: 'NoSuchDirective on',
    starttls: [],
  },
};

/** HAProxy, which is told by its runtime API. */
export const haproxy: Omit<DeployServer, 'mistake'> = {
  debian: 'haproxy',
  configure: (place) => {
    const { directory, port } = place;
    write(
      place,
      `global
    stats socket unix@${directory}/api mode 600 level admin
    maxconn 50
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend f
    bind 127.0.0.1:${port} ssl crt ${directory}/tls/server.pem
    http-request return status 200 content-type text/plain string ok
`,
    );
  },
  start: ({ directory }) =>
    startDaemon('haproxy', ['-W', '-db', '-f', join(directory, 'conf')], /forked/, directory),
  words: ({ directory, port }) =>
    `combined ${directory}/tls/server.pem target haproxy socket ${directory}/api probe 127.0.0.1:${port}`,
  starttls: [],
};
