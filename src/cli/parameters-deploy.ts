/** `cert deploy`. */
export const certDeployParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name of the certificate; it may come later',
  },
  to: {
    type: 'label',
    placeholder: 'D',
    usual: 'the target, or files',
    summary: 'Label of the deployment, when a certificate has several',
  },
  key: { type: 'file', summary: 'Where to write the private key, as PEM' },
  cert: { type: 'file', summary: 'Where to write the certificate alone, as PEM' },
  chain: { type: 'file', summary: 'Where to write the CA certificates above it, as PEM' },
  fullchain: { type: 'file', summary: 'Where to write certificate and chain, as PEM' },
  combined: { type: 'file', summary: 'Where to write certificate, chain and private key, as PEM' },
  pkcs12: { type: 'file', summary: 'Where to write certificate, chain and key, as PKCS#12' },
  der: { type: 'file', summary: 'Where to write the certificate alone, as DER' },
  ca: { type: 'file', summary: 'Where to write the roots of its CA profile, as PEM, old and new' },
  password: {
    type: 'secret',
    summary:
      'Where the password of pkcs12 is, at each deployment: file:PATH, env:NAME or cred:NAME',
  },
  owner: {
    type: 'text',
    placeholder: 'USER',
    usual: 'that of the present file, else whoever runs this',
    summary: 'Owner of the files, by name or number',
  },
  group: {
    type: 'text',
    placeholder: 'GROUP',
    usual: 'that of the present file, else that of whoever runs this',
    summary: 'Group of the files, by name or number',
  },
  mode: {
    type: 'text',
    placeholder: 'OCTAL',
    usual: 'that of the present file, else 644',
    summary: 'Permissions of files without the key',
  },
  'key-mode': {
    type: 'text',
    placeholder: 'OCTAL',
    usual: 'that of the present file, else 600',
    summary: 'Permissions of files with the key',
  },
  target: {
    type: 'choice',
    choices: ['nginx', 'lighttpd', 'proftpd', 'apache', 'haproxy', 'systemd', 'strongswan'],
    summary:
      'The service that reads these files, told to reload them once it can use them; strongswan is given all without files',
  },
  'pid-file': {
    type: 'file',
    summary: 'Where nginx, lighttpd, proftpd or apache writes its process number',
  },
  config: {
    type: 'file',
    usual: 'where the server looks for it',
    summary: 'Its configuration, which it tries before it is told to reload',
  },
  program: {
    type: 'file',
    usual: 'its usual name in the usual places',
    summary: 'Its program (apache: apachectl; systemd: systemctl)',
  },
  socket: {
    type: 'file',
    summary: 'The runtime API of haproxy, with level admin; of strongswan, the VICI of charon',
  },
  entry: {
    type: 'text',
    usual: 'the path of combined',
    summary: 'What the configuration of haproxy calls the certificate file',
  },
  unit: { type: 'text', summary: 'The unit that systemd reloads' },
  reauth: {
    type: 'text',
    many: true,
    placeholder: 'CONN',
    summary:
      'Connections of strongswan that others have made, to be authenticated anew with each certificate',
  },
  probe: {
    type: 'text',
    placeholder: 'HOST:PORT',
    summary: 'Where to look over TLS whether the new certificate is in use',
  },
  'probe-name': {
    type: 'text',
    placeholder: 'NAME',
    summary: 'Server name to ask for there (SNI)',
  },
  'probe-starttls': {
    type: 'choice',
    choices: ['ftp'],
    summary: 'Protocol in which TLS is begun there',
  },
  later: { type: 'flag', summary: 'Only store this; it counts from the next delivery on' },
} as const;

/** `no cert deploy`. */
export const noCertDeployParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name of the certificate',
  },
  to: {
    type: 'label',
    placeholder: 'D',
    usual: 'the target, or files',
    summary: 'Label of the deployment, when a certificate has several',
  },
} as const;

/** `cert hook`. */
export const certHookParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name of the certificate; it may come later',
  },
  timeout: {
    type: 'duration',
    default: 60,
    summary: 'How long it may take; then it is ended, and the delivery counts as failed',
  },
  user: {
    type: 'text',
    usual: 'the user of the agent',
    summary: 'User it is run as; the agent has to be allowed to become that user',
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

/** `no cert hook`. */
export const noCertHookParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name of the certificate',
  },
} as const;

/** `hook test`. */
export const hookTestParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
} as const;

/** `cert restore`. */
export const certRestoreParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
  version: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    positional: true,
    placeholder: 'VERSION',
    usual: 'the newest that is not current: twice is back where it began',
    summary: 'Number of the version that is to be current, as show cert N has it',
  },
} as const;
