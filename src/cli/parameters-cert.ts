/** `cert import`. */
export const certImportParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name the certificate will have here',
  },
  file: {
    type: 'file',
    required: true,
    summary:
      'Certificate to import, as PEM, DER or PKCS#12, with chain and key; - is standard input',
  },
  'key-file': {
    type: 'file',
    summary: 'Its private key, as PEM, when that is not in file',
  },
  'chain-file': {
    type: 'file',
    summary: 'The certificates that issued it, as PEM or DER, when they are not in file',
  },
  password: {
    type: 'secret',
    summary: 'Password of the PKCS#12 file, or of the encrypted key',
  },
  alias: {
    type: 'text',
    placeholder: 'NAME',
    summary: 'Take the key of this friendlyName, when a PKCS#12 file has several',
  },
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile that requests signed with it go to, when they name none',
  },
  'allow-cleartext-key': {
    type: 'flag',
    summary: 'Take a private key without a password although it comes over http, ftp, tftp or ldap',
  },
  replace: { type: 'flag', summary: 'Put it in the place of a certificate of this name' },
} as const;
