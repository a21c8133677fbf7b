import type { WordsOf } from './words.ts';

/** Where the files of a certificate go, in the words of `cert deploy`. */
export const deployWords = {
  key: { type: 'text', summary: 'Where to write the private key, as PEM' },
  cert: { type: 'text', summary: 'Where to write the certificate alone, as PEM' },
  chain: { type: 'text', summary: 'Where to write the CA certificates above it, as PEM' },
  fullchain: { type: 'text', summary: 'Where to write certificate and chain, as PEM' },
  combined: { type: 'text', summary: 'Where to write certificate, chain and key, as PEM' },
  pkcs12: { type: 'text', summary: 'Where to write certificate, chain and key, as PKCS#12' },
  der: { type: 'text', summary: 'Where to write the certificate alone, as DER' },
  ca: { type: 'text', summary: 'Where to write the roots of its CA profile, as PEM' },
  password: { type: 'secret', summary: 'Where the password of pkcs12 is, at each deployment' },
  owner: { type: 'text', summary: 'Owner of the files, by name or number' },
  group: { type: 'text', summary: 'Group of the files, by name or number' },
  mode: { type: 'mode', summary: 'Permissions of files without the key, in octal' },
  'key-mode': { type: 'mode', summary: 'Permissions of files with the key, in octal' },
  target: {
    type: 'choice',
    choices: ['nginx', 'lighttpd', 'proftpd', 'apache', 'haproxy', 'systemd', 'strongswan'],
    summary:
      'The service that is told of new files; strongswan is given the certificate without files',
  },
  'pid-file': { type: 'text', summary: 'Where the server writes its process number' },
  config: { type: 'text', summary: 'Its configuration, which it tries before it reloads' },
  program: { type: 'text', summary: 'Its program' },
  socket: {
    type: 'text',
    summary: 'The runtime API of haproxy, with level admin; of strongswan, the VICI of charon',
  },
  entry: { type: 'text', summary: 'What the configuration of haproxy calls the file' },
  unit: { type: 'text', summary: 'The unit that systemd reloads' },
  reauth: {
    type: 'text',
    many: true,
    summary: 'Connections of strongswan that are authenticated anew with each certificate',
  },
  probe: { type: 'text', summary: 'HOST:PORT where to look whether the certificate is in use' },
  'probe-name': { type: 'text', summary: 'Server name to ask for there' },
  'probe-starttls': {
    type: 'choice',
    choices: ['ftp'],
    summary: 'Protocol in which TLS is begun there',
  },
} as const;

/** A deployment as the file has it. */
export type DeployWords = WordsOf<typeof deployWords>;

/** The program that is run after each delivery. */
export const hookWords = {
  command: {
    type: 'text',
    many: true,
    required: true,
    summary: 'The program, as a whole path, and its arguments',
  },
  timeout: { type: 'duration', min: 1, max: 1800, summary: 'How long it may take; 60s' },
  user: { type: 'text', summary: 'User it is run as; that of the agent' },
} as const;

/** Where the OCSP response of a certificate is stapled, in the words of `staple add`. */
export const stapleWords = {
  target: {
    type: 'choice',
    required: true,
    choices: ['haproxy', 'nginx', 'lighttpd', 'proftpd', 'file', 'listener'],
    summary: 'The service that serves it',
  },
  socket: { type: 'text', summary: 'The runtime API of haproxy, with level admin' },
  file: { type: 'text', summary: 'The file it is put into; of haproxy, its certificate file' },
  entry: { type: 'text', summary: 'What the configuration of haproxy calls the file' },
  directory: { type: 'text', summary: 'The directory of TLSStaplingCache of proftpd' },
  'pid-file': { type: 'text', summary: 'Where nginx or lighttpd writes its process number' },
  config: { type: 'text', summary: 'Its configuration, which it tries before it reloads' },
  program: { type: 'text', summary: 'Its program' },
  unit: { type: 'text', summary: 'The unit that systemd reloads' },
  owner: { type: 'text', summary: 'Owner of the files, by name or number' },
  group: { type: 'text', summary: 'Group of the files, by name or number' },
  mode: { type: 'mode', summary: 'Permissions of the files, in octal' },
  probe: { type: 'text', summary: 'HOST:PORT where to look whether it is served' },
  'probe-name': { type: 'text', summary: 'Server name to ask for there' },
  'probe-starttls': {
    type: 'choice',
    choices: ['ftp'],
    summary: 'Protocol in which TLS is begun there',
  },
} as const;

/** An endpoint as the file has it. */
export type StapleFileWords = WordsOf<typeof stapleWords>;

/** Where the agent fetches a certificate, in the words of `cmp auto-fetch`. */
export const autoFetchWords = {
  time: {
    type: 'integer',
    min: 1,
    max: 3650,
    required: true,
    summary: 'Days before the end of the one here at which it begins to look for a newer one',
  },
  from: {
    type: 'text',
    required: true,
    summary: 'The agent, or the cert-store location, of the node that renews it',
  },
  as: { type: 'name', summary: 'Certificate of this node that another agent is shown' },
} as const;

/** What is set for the certificates of a name. */
export const certificateWords = {
  'auto-update': {
    type: 'integer',
    min: 1,
    max: 3650,
    summary: 'Days before its end at which the agent renews it',
  },
  key: { type: 'choice', choices: ['new', 'reuse'], summary: 'What its updates do about the key' },
  'serve-to': {
    type: 'text',
    many: true,
    summary: 'Nodes whose agents may fetch it with its key, as agent serve has them',
  },
  'staple-ocsp': {
    type: 'text',
    summary: 'OCSP object by which responders are reached for its staple',
  },
  'staple-when-revoked': {
    type: 'choice',
    choices: ['renew'],
    summary: 'What follows when its responder says revoked, beside the alarm',
  },
  'staple-endless': {
    type: 'choice',
    choices: ['allow'],
    summary: 'Responses without nextUpdate are stapled, too',
  },
} as const;

/** What is set for a certificate, as the file has it. */
export type CertificateWords = WordsOf<typeof certificateWords> & {
  readonly deploy?: Readonly<Record<string, DeployWords>> | undefined;
  readonly staple?: Readonly<Record<string, StapleFileWords>> | undefined;
  readonly hook?: WordsOf<typeof hookWords> | undefined;
  readonly 'auto-fetch'?: WordsOf<typeof autoFetchWords> | undefined;
};
