/** `staple add`. */
export const stapleAddParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'N',
    names: 'certificate',
    summary: 'Name of the certificate; it may come later',
  },
  to: {
    type: 'label',
    placeholder: 'E',
    usual: 'the target, or files',
    summary: 'Label of the endpoint; that of a deployment, where both are one service',
  },
  target: {
    type: 'choice',
    required: true,
    choices: ['haproxy', 'nginx', 'lighttpd', 'proftpd', 'file', 'listener'],
    summary: 'The service that serves it; listener is a TLS server of a program with this library',
  },
  socket: { type: 'file', summary: 'The runtime API of haproxy, with level admin' },
  file: {
    type: 'file',
    summary:
      'The file it is put into; of haproxy, the certificate file that it reads when it starts',
  },
  entry: {
    type: 'text',
    usual: 'the path of file',
    summary: 'What the configuration of haproxy calls the certificate file',
  },
  directory: { type: 'directory', summary: 'The directory of TLSStaplingCache of proftpd' },
  'pid-file': { type: 'file', summary: 'Where nginx or lighttpd writes its process number' },
  config: {
    type: 'file',
    usual: 'where the server looks for it',
    summary: 'Its configuration, which it tries before it is told to reload',
  },
  program: { type: 'file', usual: 'its usual name in the usual places', summary: 'Its program' },
  unit: { type: 'text', summary: 'The unit that systemd reloads, of target file' },
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
    summary: 'Permissions of the files',
  },
  probe: {
    type: 'text',
    placeholder: 'HOST:PORT',
    summary: 'Where to look over TLS whether it is served',
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
  ocsp: {
    type: 'text',
    names: 'ocsp',
    placeholder: 'O',
    usual: 'as it is set for the name',
    summary:
      'OCSP object by which responders are reached, for all endpoints of the name; none takes it away',
  },
  'when-revoked': {
    type: 'choice',
    choices: ['alarm', 'renew'],
    usual: 'as it is set for the name, else alarm',
    summary: 'What follows when a responder says revoked; renew asks for another, with a new key',
  },
  endless: {
    type: 'choice',
    choices: ['refuse', 'allow'],
    usual: 'as it is set for the name, else refuse',
    summary: 'What becomes of responses without nextUpdate',
  },
} as const;

/** `staple refresh`. */
export const stapleRefreshParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'N',
    names: 'certificate',
    summary: 'Name of the certificate',
  },
} as const;

/** `staple remove`. */
export const stapleRemoveParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'N',
    names: 'certificate',
    summary: 'Name of the certificate',
  },
  to: {
    type: 'label',
    placeholder: 'E',
    usual: 'its only one',
    summary: 'Label of the endpoint, when a certificate has several',
  },
  force: { type: 'flag', summary: 'Forget it even where the service cannot be told' },
} as const;

/** `show staple`. */
export const showStapleParameters = {
  name: {
    type: 'label',
    positional: true,
    placeholder: 'N',
    names: 'certificate',
    summary: 'Only that of this certificate',
  },
} as const;

/** `staple responder listen`. */
export const responderListenParameters = {
  place: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'ADDRESS:PORT',
    summary: 'Where the agent answers; an address of the loopback, unless open is said',
  },
  open: { type: 'flag', summary: 'Listen on another address than those of the loopback' },
  'for-ca': {
    type: 'text',
    many: true,
    names: 'trusted',
    placeholder: 'L',
    summary: 'CAs whose certificates are asked about for others, beside our own',
  },
  'ocsp-object': {
    type: 'text',
    names: 'ocsp',
    placeholder: 'O',
    summary: 'OCSP object by which that is done; it needs a url',
  },
  nonces: {
    type: 'choice',
    choices: ['keep', 'pass'],
    usual: 'keep',
    summary:
      'Answer requests that have a nonce without one, or pass those of for-ca on to the responder of the CA',
  },
} as const;
