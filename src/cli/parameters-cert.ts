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
  'key-provider': {
    type: 'text',
    placeholder: 'pkcs11:URI',
    summary: 'Its private key, when that is in a PKCS #11 token (RFC 7512) and stays there',
  },
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile that requests signed with it go to, when they name none',
  },
  ca: {
    type: 'flag',
    summary: 'Put a CA certificate into the local CA store, with the name as its label',
  },
  'complete-chain': {
    type: 'flag',
    summary: 'Refuse it when an issuer is missing, in place of a warning',
  },
  'allow-cleartext-key': {
    type: 'flag',
    summary: 'Take a private key without a password although it comes over http, ftp, tftp or ldap',
  },
  replace: { type: 'flag', summary: 'Put it in the place of a certificate of this name' },
} as const;

/** `cert track`. */
export const certTrackParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name the certificate has here',
  },
  file: {
    type: 'file',
    summary: 'File or URL it is read from, now and later, as PEM or DER',
  },
  endpoint: {
    type: 'text',
    placeholder: 'HOST:PORT',
    summary: 'TLS service that shows it',
  },
} as const;

/** `cert chain-limit`. */
export const chainLimitParameters = {
  issuers: {
    type: 'integer',
    min: 1,
    max: 8,
    required: true,
    positional: true,
    placeholder: 'N',
    summary: 'How many, at most; they stop below the anchor in any case',
  },
} as const;

/** `cert export`. */
export const certExportParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
  to: {
    type: 'file',
    usual: 'standard output',
    summary: 'File to write; - is standard output, where a key goes only encrypted',
  },
  form: {
    type: 'choice',
    choices: ['pem', 'der', 'pkcs12'],
    default: 'pem',
    summary: 'Form of what is written; der is the certificate alone',
  },
  content: {
    type: 'choice',
    choices: ['cert', 'chain', 'fullchain'],
    usual: 'fullchain; with form der cert',
    summary: 'The certificate alone, its issuers below the root alone, or both',
  },
  'with-key': {
    type: 'flag',
    summary: 'The private key, too, as PKCS#8; the file is then for its owner alone',
  },
  password: {
    type: 'secret',
    summary: 'What the key, or the PKCS#12 file, is encrypted under',
  },
  version: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    usual: 'the current one',
    summary: 'Number of the version, as show cert full has it',
  },
  replace: { type: 'flag', summary: 'Put it in the place of a file that is there' },
} as const;
