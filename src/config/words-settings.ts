import type { WordsOf } from './words.ts';

/** A server that files are fetched from, in the words of `retrieval server`. */
export const retrievalWords = {
  user: { type: 'text', summary: 'Who we are there' },
  password: { type: 'secret', summary: 'Where the password is, at each file' },
  'key-file': { type: 'text', summary: 'File of the private key, for sftp' },
  'key-password': { type: 'secret', summary: 'Where the passphrase of that key is' },
  'host-key': {
    type: 'text',
    many: true,
    summary: 'SHA256:… fingerprints of its host keys, for sftp',
  },
  'known-hosts': { type: 'text', summary: 'File with its host keys, for sftp' },
  'tls-root': {
    type: 'certificates',
    many: true,
    summary: 'Trust anchors of its certificate, in place of those of the system',
  },
} as const;

/** How a server is got at, as the file has it. */
export type RetrievalWords = WordsOf<typeof retrievalWords>;

/** A token, in the words of `crypto token add`. */
export const tokenWords = {
  module: { type: 'text', required: true, summary: 'Path of its PKCS #11 module' },
  pin: { type: 'secret', summary: 'Where its PIN is' },
} as const;

/** A token as the file has it. */
export type TokenWords = WordsOf<typeof tokenWords>;

/** Where certificates go, and what goes along. */
export const certStoreWords = {
  location: { type: 'text', summary: 'Directory that PEM files are put in' },
  key: { type: 'choice', choices: ['new', 'reuse'], summary: 'What an update does about the key' },
  'chain-limit': {
    type: 'integer',
    min: 1,
    max: 8,
    summary: 'How many issuers go along with a certificate, at most; 4',
  },
} as const;

/** Where certificates go, as the file has it. */
export type CertStoreWords = WordsOf<typeof certStoreWords>;

/** How much of the past is kept, in the words of `retention`. */
export const retentionWords = {
  versions: {
    type: 'integer',
    min: 0,
    max: 1000,
    summary: 'Past versions of a certificate, with their keys; 3',
  },
  history: { type: 'integer', min: 1, max: 100_000, summary: 'Transactions in the history; 100' },
  'hook-runs': { type: 'integer', min: 1, max: 1000, summary: 'Runs of each hook; 10' },
  audit: { type: 'integer', min: 100, max: 1_000_000, summary: 'Acts in the audit trail; 10000' },
  // 30 days: a CA takes weeks to decide at times, and only with the key its answer is of use.
  'orphan-keys': {
    type: 'duration',
    min: 2_592_000,
    summary: 'A key whose request came to nothing, in whole days; 400d',
  },
  dumps: {
    type: 'integer',
    min: 1,
    max: 100_000,
    summary: 'Messages that dump keeps in a directory; 1000',
  },
  backups: {
    type: 'integer',
    min: 0,
    max: 366,
    summary: 'Daily backups of the store, made by the agent; 7, and 0 for none',
  },
} as const;

/** How much of the past is kept, as the file has it. */
export type RetentionWords = WordsOf<typeof retentionWords>;

/** A maintenance window, in the words of `agent window add`. */
export const windowWords = {
  cron: { type: 'text', required: true, summary: 'When it opens: the five fields of cron' },
  duration: { type: 'duration', required: true, summary: 'How long it stays open' },
  timezone: { type: 'text', summary: 'Time zone of the fields, by its IANA name; UTC' },
} as const;

/** A maintenance window as the file has it. */
export type WindowWords = WordsOf<typeof windowWords>;
