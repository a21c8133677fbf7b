import type { UnavailableCode } from '../../../src/revocation/verdict.ts';

/** Where CRLs come from: the columns of the matrix. */
export const crlSources = {
  file: 'a file',
  http: 'nginx',
  ftp: 'proftpd',
  sftp: 'sshd',
  tftp: 'atftpd',
  ldap: 'slapd',
} as const;

/** One of the columns, by its scheme. */
export type CrlSourceName = keyof typeof crlSources;

/** What is made of a peer under a strict policy that has one CRL and no OCSP. */
export type CrlSaid = 'good' | 'revoked' | UnavailableCode;

/** A CRL, and what is made of it. */
export interface CrlRow {
  readonly title: string;
  readonly says: CrlSaid;
  /** Where another thing comes of it; null where there is no such thing. */
  readonly except?: Readonly<Partial<Record<CrlSourceName, CrlSaid | null>>>;
}

/** All of them, by the name of the file. Those that are CRLs are made by `openssl ca -gencrl`. */
export const crlRows = {
  good: { title: 'complete, the peer not listed', says: 'good' },
  revoked: { title: 'the peer listed', says: 'revoked' },
  hold: { title: 'the peer listed, on hold', says: 'revoked' },
  expired: { title: 'expired, the peer not listed', says: 'expired' },
  'expired-revoked': { title: 'expired, the peer listed', says: 'revoked' },
  'expired-hold': { title: 'expired, the peer listed on hold', says: 'expired' },
  future: { title: 'of the future', says: 'not-yet-valid' },
  impostor: { title: 'signed by a stranger of the same name', says: 'bad-signature' },
  stranger: { title: 'of another CA', says: 'no-source' },
  'cas-only': { title: 'about CAs only', says: 'wrong-scope' },
  'some-reasons': { title: 'about some reasons only', says: 'reasons-incomplete' },
  critical: {
    title: 'with a critical extension nobody knows',
    says: 'unsupported-critical-extension',
  },
  older: { title: 'older than the one that is held, which lists the peer', says: 'revoked' },
  huge: { title: 'with 20,000 entries', says: 'good' },
  'too-large': { title: 'longer than the limit', says: 'too-large' },
  pem: { title: 'as PEM, though said to be DER', says: 'good' },
  truncated: { title: 'without its last octet', says: 'malformed' },
  html: { title: 'a page of HTML', says: 'malformed' },
  'not-there': { title: 'not there', says: 'http-status', except: { file: 'no-source' } },
  // Nobody connects by UDP, so that nobody is told.
  down: { title: 'nobody listens', says: 'connect', except: { file: null, tftp: 'timeout' } },
  slow: { title: 'a server that says nothing', says: 'timeout', except: { file: null } },
} as const;

/** The name of a row. */
export type CrlRowName = keyof typeof crlRows;

/** List the rows. */
export function listCrlRows(): readonly (readonly [CrlRowName, CrlRow])[] {
  return Object.keys(crlRows)
    .filter(isRowName)
    .map((name) => [name, crlRows[name]] as const);
}

function isRowName(name: string): name is CrlRowName {
  return Object.hasOwn(crlRows, name);
}

/** List the columns. */
export function listCrlSources(): readonly CrlSourceName[] {
  return Object.keys(crlSources).filter(isSourceName);
}

function isSourceName(name: string): name is CrlSourceName {
  return Object.hasOwn(crlSources, name);
}

/** Say what is to come of a row; null where there is no such thing. */
export function expectedOfCrl(
  { says, except = {} }: CrlRow,
  source: CrlSourceName,
): CrlSaid | null {
  const other = except[source];
  return other === undefined ? says : other;
}
