/** `certificate name`: the words of the gateway. */
export const certificateNameParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name the certificate will have here',
  },
  'der url': {
    type: 'file',
    placeholder: 'U',
    summary:
      'Certificate as DER: a path, or a URL of file, http, https, ftp, sftp, tftp, ldap or ldaps',
  },
  // A certificate is no secret; but who mistypes the keyword before it types a private key here.
  'pem data': {
    type: 'secret',
    placeholder: 'PEM',
    summary: 'Certificate as PEM in quotes, with \\n or blanks for its line ends or as it is',
  },
  'pem url': {
    type: 'file',
    placeholder: 'U',
    summary: 'Certificate as PEM, with its chain or not: a path or a URL',
  },
  'private-key pem data': {
    type: 'secret',
    placeholder: 'PEM',
    summary: 'Its private key as PEM, like pem data; or file:PATH, env:NAME, cred:NAME',
  },
  'private-key pem encrypted data': {
    type: 'secret',
    placeholder: 'PEM',
    summary: 'The same for an "ENCRYPTED PRIVATE KEY" of PKCS #8; its password is asked for',
  },
  'private-key pem url': {
    type: 'file',
    placeholder: 'U',
    summary: 'Its private key as PEM: a path or a URL',
  },
  password: { type: 'secret', summary: 'Password of the private key, when it is encrypted' },
  'cert-enc': {
    type: 'flag',
    summary: 'Say how the certificate is sent to peers of IKEv2; cert-hash-url follows',
  },
  'cert-hash-url url': {
    type: 'text',
    placeholder: 'U',
    summary:
      'Where peers of IKEv2 find the certificate (Hash and URL of RFC 7296), http only; kept and shown',
  },
  'allow-cleartext-key': {
    type: 'flag',
    summary: 'Take a private key without a password although it comes over http, ftp, tftp or ldap',
  },
  replace: { type: 'flag', summary: 'Put it in the place of a certificate of this name' },
} as const;

/** `no certificate name`. */
export const noCertificateNameParameters = {
  name: {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Certificate to remove, with the files that were written for it',
  },
} as const;
