import type { UnavailableCode } from '../../../src/revocation/verdict.ts';

/** Servers that certificates may name, by what stands in the table. */
export const pointServers = { http: 'nginx', ftp: 'proftpd', ldap: 'slapd' } as const;

/** One of them, by its scheme. */
export type PointScheme = keyof typeof pointServers;

/** A distribution point of a certificate, and what is made of the certificate by strict. */
export interface PointRow {
  readonly title: string;
  /** By the URL of a name at this server, as openssl writes them: `URI:…,URI:…`. */
  url(at: (name: string) => string, nowhere: (name: string) => string): readonly string[];
  readonly says: 'good' | 'revoked' | UnavailableCode;
  /** The only hosts that are gone to. */
  readonly hosts?: readonly string[];
  /** Of ldap alone. */
  readonly only?: PointScheme;
}

/** All of them, for each server. */
export const pointRows: Readonly<Record<string, PointRow>> = {
  good: { title: 'where the peer is not listed', url: (at) => [at('good')], says: 'good' },
  revoked: { title: 'where the peer is listed', url: (at) => [at('revoked')], says: 'revoked' },
  bare: {
    title: 'by a URL without an attribute',
    url: (at) => [at('good').replace(/\?.*$/, '')],
    says: 'good',
    only: 'ldap',
  },
  'not-there': { title: 'where there is none', url: (at) => [at('none')], says: 'http-status' },
  down: { title: 'where nobody listens', url: (_at, at) => [at('good')], says: 'connect' },
  second: {
    title: 'at a second place, nobody listening at the first',
    url: (at, nowhere) => [nowhere('good'), at('good')],
    says: 'good',
  },
  allowed: {
    title: 'at a host that is allowed',
    url: (at) => [at('good')],
    says: 'good',
    hosts: ['crl.example', '127.0.0.1'],
  },
  forbidden: {
    title: 'at a host that is not allowed',
    url: (at) => [at('good')],
    says: 'no-source',
    hosts: ['crl.example'],
  },
  password: {
    title: 'by a URL with a password',
    url: (at) => [at('good').replace('//', '//agent7:secret@')],
    says: 'no-source',
  },
};

/** Schemes that certificates may not name, where there would be a CRL. */
export const refusedPoints: readonly ('file' | 'tftp' | 'sftp')[] = ['file', 'tftp', 'sftp'];
