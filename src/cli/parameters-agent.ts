/** `cmp auto-update`. */
export const autoUpdateParameters = {
  'current-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'Its CA profile, to be sure that it is this one',
  },
  time: {
    type: 'integer',
    min: 1,
    max: 3650,
    unit: 'days',
    required: true,
    placeholder: 'DAYS',
    summary: 'How long before its end it is renewed; obeyed up to half of its lifetime',
  },
} as const;

/** `no cmp auto-update`. */
export const noAutoUpdateParameters = {
  'current-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
} as const;

/** `cmp fetch`. */
export const fetchParameters = {
  'current-cert': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate, here and there',
  },
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile whose roots it must lead to; that of the certificate here when left out',
  },
  from: {
    type: 'text',
    placeholder: 'PLACE',
    summary:
      'Its agent, as agent://HOST:PORT, or its cert-store location: a folder, or a URL (sftp, https); where it came from last when left out',
  },
  as: {
    type: 'label',
    placeholder: 'NAME',
    summary:
      'Certificate of this node that another agent is shown; the one it was last when left out',
  },
} as const;

/** `cmp auto-fetch`. */
export const autoFetchParameters = {
  'current-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate, here and there',
  },
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile whose roots it must lead to; that of the certificate here when left out',
  },
  time: {
    type: 'integer',
    min: 1,
    max: 3650,
    unit: 'days',
    required: true,
    placeholder: 'DAYS',
    summary: 'How long before the end of the one here the agent begins to look for a newer one',
  },
  from: {
    type: 'text',
    placeholder: 'PLACE',
    summary:
      'The agent of the node that renews it, as agent://HOST:PORT, or its cert-store location: a folder, or a URL (sftp, https)',
  },
  as: {
    type: 'label',
    placeholder: 'NAME',
    summary:
      'Certificate of this node that another agent is shown; the one it was last when left out',
  },
} as const;

/** `no cmp auto-fetch`. */
export const noAutoFetchParameters = {
  'current-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
} as const;

/** `agent run`. */
export const agentRunParameters = {
  config: {
    type: 'file',
    placeholder: 'FILE',
    summary: 'Configuration to apply at start and at reload, as config apply does',
  },
  concurrency: {
    type: 'integer',
    min: 1,
    max: 64,
    default: 8,
    summary: 'Certificates worked on at the same time, beside those that ask a CA',
  },
  'per-ca': {
    type: 'integer',
    min: 1,
    max: 64,
    default: 4,
    summary: 'Requests to one CA at the same time',
  },
  'ocsp-cache': {
    type: 'integer',
    min: 1,
    max: 1024,
    default: 4,
    unit: 'MiB',
    placeholder: 'MIB',
    summary: 'Memory for the OCSP results that are kept for judging peers, of all OCSP objects',
  },
  metrics: {
    type: 'integer',
    min: 0,
    max: 65_535,
    placeholder: 'PORT',
    summary: 'Serve /metrics, /healthz and /readyz on this port; 0 takes a free one',
  },
  'metrics-address': {
    type: 'text',
    placeholder: 'IP',
    usual: '127.0.0.1',
    summary: 'Address they are served on',
  },
  'metrics-open': {
    type: 'flag',
    summary: 'Let that be an address that others reach: they read the names of all certificates',
  },
  'metrics-file': {
    type: 'file',
    placeholder: 'FILE.prom',
    summary: 'Write metrics to this file each minute, for the textfile collector of node_exporter',
  },
  serve: {
    type: 'integer',
    min: 0,
    max: 65_535,
    placeholder: 'PORT',
    summary:
      'Serve certificates to the agents of other nodes, as agent serve allows; 0 takes a free port',
  },
  'serve-address': {
    type: 'text',
    placeholder: 'IP',
    usual: 'all addresses',
    summary: 'Address they are served on',
  },
  'serve-cert': {
    type: 'label',
    placeholder: 'NAME',
    summary: 'Certificate of this node that they are shown, with the name in it that they ask for',
  },
  'serve-ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile whose roots the certificates of other nodes must lead to',
  },
  group: {
    type: 'text',
    placeholder: 'G',
    summary: 'Group whose members may ask for status and plan, have it poll, and reload it',
  },
  socket: {
    type: 'file',
    placeholder: 'PATH',
    usual: '$RUNTIME_DIRECTORY/agent.sock',
    summary: 'Where it listens to that group',
  },
} as const;

/** `agent serve`. */
export const agentServeParameters = {
  name: { type: 'label', names: 'certificate', required: true, summary: 'Name of the certificate' },
  to: {
    type: 'text',
    required: true,
    many: true,
    placeholder: 'NODE',
    summary:
      'What the certificate that a node shows must have: dns:HOST, ip:ADDRESS, uri:…, email:…, a whole subject as in CN=node2,O=Test; or the name of that certificate here',
  },
} as const;

/** `no agent serve`. */
export const noAgentServeParameters = {
  name: { type: 'label', names: 'certificate', required: true, summary: 'Name of the certificate' },
  to: { type: 'text', many: true, placeholder: 'NODE', summary: 'Node it is served to no more' },
} as const;

/** `agent plan`. */
export const agentPlanParameters = {
  days: {
    type: 'integer',
    min: 1,
    max: 3650,
    default: 30,
    summary: 'How far to look ahead',
  },
  socket: {
    type: 'file',
    placeholder: 'PATH',
    summary: 'Ask the agent that listens here, and open no store: for members of its group',
  },
} as const;

/** `agent window add`. */
export const agentWindowParameters = {
  name: { type: 'label', required: true, positional: true, summary: 'Name of the window' },
  cron: {
    type: 'text',
    required: true,
    placeholder: 'FIELDS',
    summary: 'When it opens: the five fields of cron, as in "0 2 * * 6"',
  },
  duration: { type: 'duration', required: true, summary: 'How long it stays open' },
  timezone: {
    type: 'text',
    placeholder: 'TZ',
    usual: 'UTC',
    summary: 'Time zone of the fields, by its IANA name, as in Europe/Berlin',
  },
} as const;

/** `no agent window`. */
export const noAgentWindowParameters = {
  name: { type: 'label', required: true, positional: true, summary: 'Name of the window' },
} as const;
