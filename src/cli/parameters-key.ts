/** The key of a request, by size or by type. */
export const keyParameters = {
  modulus: {
    type: 'integer',
    min: 1024,
    max: 4096,
    values: [1024, 2048, 3072, 4096],
    unit: 'bits',
    placeholder: 'N',
    summary: 'Make an RSA key of this size; 1024 needs legacy-algorithms on the CA profile',
  },
  'key-type': {
    type: 'choice',
    choices: ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'p-521', 'ed25519', 'ed448'],
    placeholder: 'T',
    summary: 'Make a key of this type',
  },
} as const;

/** A key that never leaves its token. */
export const keyProviderParameters = {
  'key-provider': {
    type: 'text',
    placeholder: 'pkcs11:URI',
    summary:
      'Make the key in this PKCS #11 token (RFC 7512); without key-type, use the key there that it names',
  },
} as const;

/** An existing key instead of a new one. */
export const keyFileParameters = {
  'key-file': {
    type: 'file',
    summary:
      'Use the private key in this PEM file or URL instead of making one; - is standard input',
  },
  'key-password': {
    type: 'secret',
    summary: 'Passphrase of the private key in key-file, when it is encrypted',
  },
  'allow-cleartext-key': {
    type: 'flag',
    summary: 'Take a private key without a password although it comes over http, ftp, tftp or ldap',
  },
} as const;

/** The key of a PKCS #10 request that was made elsewhere. */
export const requestKeyParameters = {
  'key-file': {
    type: 'file',
    summary:
      'Private key of the request, in PEM, to be kept and delivered too; - is standard input',
  },
  'key-password': {
    type: 'secret',
    summary: 'Passphrase of the private key in key-file, when it is encrypted',
  },
  'allow-cleartext-key': {
    type: 'flag',
    summary: 'Take a private key without a password although it comes over http, ftp, tftp or ldap',
  },
} as const;

/** The CA's choice of key. */
export const keyTemplateParameters = {
  'key-as-asked': {
    type: 'flag',
    summary: 'Make a key of the kind the CA asks for (see cmp info certReqTemplate)',
  },
  'key-source': {
    type: 'choice',
    choices: ['central'],
    summary: 'Have the CA make the key, of the key-type if one is given, and send it encrypted',
  },
  popo: {
    type: 'choice',
    choices: ['signature', 'encrypted-certificate'],
    default: 'signature',
    summary: 'Prove possession of the key by signing, or by decrypting the certificate',
  },
} as const;

/** Keeping the key at an update. */
export const keyReuseParameters = {
  'key-reuse': { type: 'flag', summary: 'Keep the key and ask only for a new certificate' },
  'after-expiry': {
    type: 'flag',
    summary: 'Try it although the certificate has expired; outside of RFC 9810',
  },
} as const;
