/** What a key and its request are for, and where they go. */
export const keyRequestParameters = {
  'id-type': {
    type: 'choice',
    choices: ['fqdn', 'ip', 'rfc822-addr'],
    required: true,
    summary: 'What id is: a host name, an IPv4 or IPv6 address, or a mail address',
  },
  id: {
    type: 'text',
    required: true,
    placeholder: 'ID',
    summary: 'Subject alternative name to ask for; 1 to 256 characters',
  },
  'subject-name': {
    type: 'dn',
    required: true,
    summary: 'Subject to ask for, as in "CN=gw1,O=Test"; 1 to 256 characters',
  },
  'cert-name': {
    type: 'label',
    usual: 'the id, where that can be a name',
    summary: 'Name the certificate will have here, once its answer is imported',
  },
  file: {
    type: 'file',
    usual: 'key and request go to the cert-store location',
    summary: 'Write the request to this file, and the key to none; - is standard output',
  },
  'key-provider': {
    type: 'text',
    placeholder: 'pkcs11:URI',
    summary: 'Make the key in this PKCS #11 token (RFC 7512); it has no file then',
  },
  replace: {
    type: 'flag',
    summary: 'Make a new key and request although another one waits for its answer',
  },
} as const;

/** The key of `crypto rsa-keygen`. */
export const rsaKeygenParameters = {
  modulus: {
    type: 'integer',
    min: 1024,
    max: 4096,
    values: [1024, 2048, 3072, 4096],
    unit: 'bits',
    required: true,
    placeholder: 'N',
    summary: 'Size of the RSA key; 1024 needs legacy-algorithms',
  },
  'legacy-algorithms': { type: 'flag', summary: 'Allow an RSA key of 1024 bits' },
} as const;

/** The key of `crypto keygen`. */
export const keygenParameters = {
  'key-type': {
    type: 'choice',
    choices: ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'p-521', 'ed25519', 'ed448'],
    required: true,
    placeholder: 'T',
    summary: 'Type of the key',
  },
} as const;
