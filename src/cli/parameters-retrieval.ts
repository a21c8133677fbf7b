/** `retrieval server`. */
export const retrievalServerParameters = {
  server: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'U',
    summary: 'Server, as in sftp://files.example or https://files.example:8443',
  },
  user: { type: 'text', placeholder: 'NAME', summary: 'Who to say we are; of ldap, a DN' },
  password: {
    type: 'secret',
    summary:
      'Where the password is: file:PATH, env:NAME, cred:NAME or prompt; the password is never stored',
  },
  'key-file': {
    type: 'file',
    summary: 'Private key to log in with, OpenSSH or PEM; sftp only',
  },
  'key-password': {
    type: 'secret',
    summary: 'Where the passphrase of the key-file is, in the same words',
  },
  'host-key': {
    type: 'text',
    many: true,
    placeholder: 'SHA256:…',
    summary:
      'Fingerprint of its host key, as "ssh-keygen -lf" shows it on the server; needed for sftp',
  },
  'known-hosts': {
    type: 'file',
    summary: 'File of OpenSSH with its host key, in place of host-key',
  },
  'tls-root': {
    type: 'file',
    many: true,
    summary: 'Trust anchors of its certificate, in place of those of the system; https and ldaps',
  },
  'root-fingerprint': {
    type: 'text',
    many: true,
    placeholder: 'SHA256',
    summary:
      'SHA-256 fingerprint of a tls-root, got by another way; needed for those that come by http, ftp, tftp or ldap',
  },
} as const;

/** `no retrieval server`. */
export const noRetrievalServerParameters = {
  server: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'U',
    summary: 'Server, as in sftp://files.example or https://files.example:8443',
  },
} as const;
