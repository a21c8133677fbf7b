import type { WordsOf } from './words.ts';

/** When ends are warned of, in the words of `cmp cert-trap`. */
export const certTrapWords = {
  time: {
    type: 'integer',
    min: 0,
    max: 8760,
    summary: 'Hours before its end from which a certificate is warned of; 168, and 0 is never',
  },
  repeat: {
    type: 'integer',
    min: 0,
    max: 8760,
    summary: 'Hours until what still stands is told again; 24, and 0 is never',
  },
} as const;

/** When ends are warned of, as the file has it. */
export type CertTrapWords = WordsOf<typeof certTrapWords>;

/** What holds for all notifications by SNMP, in the words of `snmp`. */
export const snmpWords = {
  'base-oid': { type: 'text', summary: 'OID below which everything is sent' },
} as const;

/** A receiver of SNMP, in the words of `snmp destination add`. */
export const snmpDestinationWords = {
  host: { type: 'text', required: true, summary: 'Name or address of the receiver' },
  port: { type: 'integer', min: 1, max: 65_535, summary: 'UDP port it listens on; 162' },
  version: { type: 'choice', choices: ['2c', '3'], summary: 'SNMP version; 3' },
  kind: {
    type: 'choice',
    choices: ['inform', 'trap'],
    summary: 'An inform is answered, a trap arrives or does not; inform',
  },
  community: { type: 'secret', kept: true, summary: 'Where the community of version 2c is' },
  user: { type: 'text', summary: 'User of version 3' },
  auth: {
    type: 'choice',
    choices: ['sha256', 'sha512'],
    summary: 'Authentication protocol of version 3; sha256',
  },
  'auth-key': { type: 'secret', kept: true, summary: 'Where the authentication key is' },
  priv: {
    type: 'choice',
    choices: ['aes128', 'aes256'],
    summary: 'Privacy protocol of version 3; aes128',
  },
  'priv-key': { type: 'secret', kept: true, summary: 'Where the privacy key is' },
  family: {
    type: 'choice',
    choices: ['ipv4', 'ipv6'],
    summary: 'Which addresses of a name to use; ipv4',
  },
  timeout: {
    type: 'duration',
    min: 1,
    max: 60,
    summary: 'How long the first answer to an inform may take; 2s',
  },
  retries: {
    type: 'integer',
    min: 0,
    max: 5,
    summary: 'How often an inform is sent again at once; 2',
  },
} as const;

/** A receiver of SNMP as the file has it. */
export type SnmpDestinationWords = WordsOf<typeof snmpDestinationWords>;

/** SNMP as the file has it. */
export type SnmpWords = WordsOf<typeof snmpWords> & {
  readonly destination?: Readonly<Record<string, SnmpDestinationWords>> | undefined;
};

/** A server, in the words of `notify webhook`. */
export const webhookWords = {
  url: { type: 'url', required: true, summary: 'Where each notification is posted to' },
  secret: {
    type: 'secret',
    kept: true,
    summary: 'Where the secret is that the body is signed with; left out, the one stored is kept',
  },
  'plain-http': { type: 'switch', summary: 'Allow http to another host' },
} as const;

/** A program, in the words of `notify command`. */
export const notifyCommandWords = {
  command: {
    type: 'text',
    many: true,
    required: true,
    summary: 'The program, as a whole path, and its arguments',
  },
  timeout: { type: 'duration', min: 1, max: 300, summary: 'How long it may take; 60s' },
} as const;

/** A log, in the words of `notify log`. */
export const notifyLogWords = {
  file: { type: 'text', required: true, summary: 'File that a line of JSON is appended to' },
} as const;

/** All destinations but those of SNMP, as the file has them. */
export interface NotifyWords {
  readonly webhook?: Readonly<Record<string, WordsOf<typeof webhookWords>>> | undefined;
  readonly command?: Readonly<Record<string, WordsOf<typeof notifyCommandWords>>> | undefined;
  readonly log?: Readonly<Record<string, WordsOf<typeof notifyLogWords>>> | undefined;
}
