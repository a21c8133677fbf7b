/** `cmp cert-trap`. */
export const certTrapParameters = {
  time: {
    type: 'integer',
    min: 0,
    max: 8760,
    unit: 'hours',
    required: true,
    placeholder: 'HOURS',
    summary:
      'How long before its end a certificate is warned of, at most half of its lifetime; 0 is never',
  },
  repeat: {
    type: 'integer',
    min: 0,
    max: 8760,
    unit: 'hours',
    usual: 'what is set, else 24',
    placeholder: 'HOURS',
    summary: 'After how long what still stands is told again; 0 is never',
  },
} as const;

/** `snmp destination add`. */
export const snmpAddParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the destination',
  },
  host: {
    type: 'text',
    required: true,
    placeholder: 'HOST',
    summary: 'Name or address of the receiver, IPv4 or IPv6',
  },
  port: { type: 'integer', min: 1, max: 65_535, default: 162, summary: 'UDP port it listens on' },
  version: {
    type: 'choice',
    choices: ['2c', '3'],
    default: '3',
    summary: 'SNMP version; 3 goes with authentication and privacy',
  },
  kind: {
    type: 'choice',
    choices: ['inform', 'trap'],
    default: 'inform',
    summary: 'An inform is answered and sent again until it is; a trap arrives or does not',
  },
  community: { type: 'secret', summary: 'Community, of version 2c; it is sent in clear' },
  user: { type: 'text', placeholder: 'USER', summary: 'User, of version 3' },
  auth: {
    type: 'choice',
    choices: ['sha256', 'sha512'],
    default: 'sha256',
    summary: 'Authentication protocol, of version 3',
  },
  'auth-key': { type: 'secret', summary: 'Authentication key, a text of 8 characters at least' },
  priv: {
    type: 'choice',
    choices: ['aes128', 'aes256'],
    default: 'aes128',
    summary: 'Privacy protocol, of version 3',
  },
  'priv-key': { type: 'secret', summary: 'Privacy key, a text of 8 characters at least' },
  family: {
    type: 'choice',
    choices: ['ipv4', 'ipv6'],
    usual: 'that of the address; ipv4 of a name',
    summary: 'Which addresses of a name to use',
  },
  timeout: {
    type: 'duration',
    default: 2,
    summary: 'How long the first answer to an inform may take; twice as long with each retry',
  },
  retries: {
    type: 'integer',
    min: 0,
    max: 5,
    default: 2,
    summary: 'How often an inform is sent again at once; later it is tried again anyhow',
  },
} as const;

/** `snmp destination remove`, `notify remove`, and `test` of both. */
export const destinationNameParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the destination',
  },
} as const;

/** `snmp base-oid`. */
export const baseOidParameters = {
  oid: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'OID',
    summary: 'OID below which everything is sent, as 1.3.6.1.4.1.99999.7',
  },
} as const;

/** `notify webhook`. */
export const notifyWebhookParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the destination',
  },
  url: { type: 'url', required: true, summary: 'Where each notification is posted to, as JSON' },
  secret: {
    type: 'secret',
    required: true,
    summary: 'What the body is signed with (HMAC-SHA-256), 16 octets at least',
  },
  'plain-http': {
    type: 'flag',
    summary: 'Allow http to another host: signed, and readable for everybody between',
  },
} as const;

/** `notify command`. */
export const notifyCommandParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the destination',
  },
  timeout: {
    type: 'duration',
    default: 60,
    summary: 'How long it may take; then it is ended, and tried again later',
  },
  command: {
    type: 'text',
    isProgram: true,
    many: true,
    positional: true,
    placeholder: 'WORD',
    summary: 'The program, as a whole path, and its arguments; write them after --',
  },
} as const;

/** `notify log`. */
export const notifyLogParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'NAME',
    summary: 'Name of the destination',
  },
  file: {
    type: 'file',
    required: true,
    summary: 'File that a line of JSON is appended to for each notification',
  },
} as const;

/** `show alarms`. */
export const showAlarmsParameters = {
  full: { type: 'flag', summary: 'Show everything that is known of each' },
} as const;
