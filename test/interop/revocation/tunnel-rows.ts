import type { UnavailableCode } from '../../../src/revocation/verdict.ts';

/** A way through an HTTP proxy, and what a peer is judged by then. */
export interface TunnelRow {
  readonly title: string;
  /** It asks nobody for a password. */
  readonly isOpen?: boolean;
  /** Who we say we are, and by which password. */
  readonly user?: 'known' | 'unknown';
  readonly password?: 'right' | 'wrong';
  /** Where the responder is said to be, in place of where it is. */
  readonly responder?: 'forbidden' | 'down';
  /** The proxy itself. */
  readonly proxy?: 'down' | 'slow';
  readonly says: 'good' | 'revoked' | UnavailableCode;
}

/** All of them, through squid and through tinyproxy. */
export const tunnelRows: readonly TunnelRow[] = [
  { title: 'asks for no password', isOpen: true, says: 'good' },
  {
    title: 'asks for no password and is given one',
    isOpen: true,
    user: 'known',
    password: 'right',
    says: 'good',
  },
  { title: 'is given its password', user: 'known', password: 'right', says: 'good' },
  {
    title: 'is given its password, about a revoked certificate',
    user: 'known',
    password: 'right',
    says: 'revoked',
  },
  { title: 'is given none', says: 'http-status' },
  { title: 'is given a wrong one', user: 'known', password: 'wrong', says: 'http-status' },
  {
    title: 'is given that of another user',
    user: 'unknown',
    password: 'right',
    says: 'http-status',
  },
  {
    title: 'may not connect to the responder',
    user: 'known',
    password: 'right',
    responder: 'forbidden',
    says: 'http-status',
  },
  {
    title: 'finds nobody where the responder should be',
    user: 'known',
    password: 'right',
    responder: 'down',
    says: 'connect',
  },
  { title: 'is not there', proxy: 'down', says: 'connect' },
  { title: 'says nothing', user: 'known', password: 'right', proxy: 'slow', says: 'timeout' },
];
