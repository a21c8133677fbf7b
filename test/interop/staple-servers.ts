import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerPackageName } from '../../scripts/peer-packages.ts';
import type { StapleTarget } from '../../src/store/staples-contract.ts';
import { startDaemon, type Daemon } from './proxies/daemon.ts';

/** The two names that a server is asked for: two certificates of its own. */
export const sites = ['a', 'b'] as const;

/** One of them. */
export type Site = (typeof sites)[number];

/** Where a server and what it reads is. `tls/a.pem`, `tls/a.key` and the same of `b` are there. */
export interface StaplePlace {
  readonly directory: string;
  readonly port: number;
}

/** A server that staples what it is given. */
export interface StaplingServer {
  readonly debian: PeerPackageName;
  /** Write its configuration. */
  configure(place: StaplePlace): void;
  start(place: StaplePlace): Promise<Daemon>;
  target(place: StaplePlace, site: Site): StapleTarget;
  /** More for `openssl s_client`. */
  readonly starttls?: 'ftp';
  /** One that knows one certificate only. */
  readonly isSingle?: true;
}

function write({ directory }: StaplePlace, text: string): void {
  mkdirSync(join(directory, 'run'), { recursive: true });
  mkdirSync(join(directory, 'staple'), { recursive: true, mode: 0o755 });
  writeFileSync(join(directory, 'conf'), text);
}

const staple = ({ directory }: StaplePlace, site: Site): string =>
  `${directory}/staple/${site}.der`;

/** The servers, a row each. */
export const staplingServers: Readonly<
  Record<'haproxy' | 'nginx' | 'lighttpd' | 'proftpd', StaplingServer>
> = {
  haproxy: {
    debian: 'haproxy',
    configure(place) {
      const { directory, port } = place;
      write(
        place,
        `global
    stats socket unix@${directory}/api mode 600 level admin
    maxconn 100
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend f
    bind 127.0.0.1:${port} ssl crt ${directory}/tls/a.pem crt ${directory}/tls/b.pem
    http-request return status 200 content-type text/plain string ok
`,
      );
    },
    start: ({ directory }) =>
      startDaemon('haproxy', ['-W', '-db', '-f', join(directory, 'conf')], /forked/, directory),
    target: ({ directory }, site) => ({
      type: 'haproxy',
      socket: `${directory}/api`,
      file: `${directory}/tls/${site}.pem`,
    }),
  },
  nginx: {
    debian: 'nginx-light',
    configure(place) {
      const { directory, port } = place;
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((each) => `${each}_temp_path ${directory}/run/${each};`)
        .join(' ');
      const servers = sites.map(
        (site) => `  server {
    listen 127.0.0.1:${port} ssl;
    server_name ${site}.test;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate ${directory}/tls/${site}.pem;
    ssl_certificate_key ${directory}/tls/${site}.key;
    include ${staple(place, site)}.*;
    location / { return 200 "ok"; }
  }
`,
      );
      write(
        place,
        `daemon off; pid ${directory}/pid; error_log stderr notice; worker_processes 2;
events { worker_connections 128; }
http {
  access_log off; ${temporary}
${servers.join('')}}
`,
      );
    },
    start: ({ directory }) =>
      startDaemon(
        'nginx',
        ['-e', 'stderr', '-c', join(directory, 'conf')],
        /start worker process[^]*start worker process \d/,
        directory,
      ),
    target: (place, site) => ({
      type: 'nginx',
      file: staple(place, site),
      pidFile: `${place.directory}/pid`,
      config: `${place.directory}/conf`,
    }),
  },
  lighttpd: {
    debian: 'lighttpd-mod-openssl',
    configure(place) {
      const { directory, port } = place;
      const hosts = sites.map(
        (site) => `$HTTP["host"] == "${site}.test" {
  ssl.pemfile = "${directory}/tls/${site}.pem"
  ssl.privkey = "${directory}/tls/${site}.key"
  ssl.stapling-file = "${staple(place, site)}"
}
`,
      );
      write(
        place,
        `server.modules = ("mod_openssl")
server.document-root = "${directory}/run"
server.bind = "127.0.0.1"
server.port = ${port}
server.pid-file = "${directory}/pid"
ssl.engine = "enable"
ssl.pemfile = "${directory}/tls/a.pem"
ssl.privkey = "${directory}/tls/a.key"
ssl.stapling-file = "${staple(place, 'a')}"
${hosts.join('')}`,
      );
    },
    start: ({ directory }) =>
      startDaemon('lighttpd', ['-D', '-f', join(directory, 'conf')], /server started/, directory),
    target: (place, site) => ({
      type: 'lighttpd',
      file: staple(place, site),
      pidFile: `${place.directory}/pid`,
      config: `${place.directory}/conf`,
    }),
  },
  proftpd: {
    debian: 'proftpd-mod-crypto',
    configure(place) {
      const { directory, port } = place;
      write(
        place,
        `ModulePath /usr/lib/proftpd
LoadModule mod_tls.c
LoadModule mod_tls_fscache.c
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
TLSECCertificateFile ${directory}/tls/a.pem
TLSECCertificateKeyFile ${directory}/tls/a.key
TLSVerifyClient off
TLSRequired off
TLSStapling on
TLSStaplingOptions NoFakeTryLater
TLSStaplingCache fs:/path=${directory}/staple
TLSStaplingTimeout 2
`,
      );
      writeFileSync(join(directory, 'run/users'), '', { mode: 0o600 });
    },
    start: ({ directory }) =>
      startDaemon('proftpd', ['-n', '-c', join(directory, 'conf')], /STARTUP/, directory),
    target: ({ directory }) => ({ type: 'proftpd', directory: `${directory}/staple` }),
    starttls: 'ftp',
    isSingle: true,
  },
};
