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

/** An existing key instead of a new one. */
export const keyFileParameters = {
  'key-file': {
    type: 'file',
    summary: 'Use the private key in this PEM file instead of making one; - is standard input',
  },
  'key-password': {
    type: 'secret',
    summary: 'Passphrase of the private key in key-file, when it is encrypted',
  },
} as const;

/** What the new certificate shall say, and be called. */
export const subjectParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name the certificate will have here, and its files',
  },
  'subject-name': {
    type: 'dn',
    required: true,
    summary: 'Subject to ask for, as in "CN=gw1,O=Test" (RFC 4514)',
  },
  san: {
    type: 'text',
    many: true,
    placeholder: 'KIND:VALUE',
    summary: 'Subject alternative name to ask for: dns:…, ip:…, email:… or uri:…',
  },
} as const;

/** Where a request goes, and how long to wait for its answer. */
export const caParameters = {
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile (see ca add); when left out, the only one, or the one of the certificate',
  },
  'ca-url': {
    type: 'url',
    summary: 'Send to this address instead of the one in the CA profile',
  },
} as const;

/** How long a command follows a CA that says `waiting`. */
export const waitParameters = {
  wait: {
    type: 'duration',
    default: 60,
    summary: 'How long to follow a CA that says "waiting"; 0 returns at once',
  },
} as const;

/** Every command that sends. */
export const dumpParameters = {
  dump: {
    type: 'directory',
    summary:
      'Write each message sent and received to a file there; one that carries a regToken or authenticator shows it',
  },
} as const;

/** Every command that asks for something new. */
export const dryRunParameters = {
  'dry-run': {
    type: 'flag',
    summary: 'Show the request, with a key made for the occasion, and store and send nothing',
  },
} as const;

/** What the first request of a new certificate is protected with. */
export const credentialParameters = {
  'ca-psk': {
    type: 'secret',
    withReference: true,
    placeholder: '[REF:]SECRET',
    summary: 'Shared secret with the CA, with its reference value in front',
  },
  reference: {
    type: 'text',
    placeholder: 'R',
    summary: 'Reference value of the shared secret',
  },
  'signer-cert': {
    type: 'label',
    summary: 'Sign with this certificate (a vendor certificate, say) instead of a shared secret',
  },
} as const;

/** The certificate a request starts from. */
export const currentCertParameters = {
  'current-cert': {
    type: 'label',
    required: true,
    placeholder: 'OLD',
    summary: 'Certificate here to sign the request with',
  },
} as const;

/** Keeping the key at an update. */
export const keyReuseParameters = {
  'key-reuse': { type: 'flag', summary: 'Keep the key and ask only for a new certificate' },
} as const;

/** `cmp poll`. */
export const pollParameters = {
  'current-cert': {
    type: 'label',
    required: true,
    summary: 'Name the outstanding request is for, or OLD when OLD has only one outstanding',
  },
} as const;

/** `cmp cert-store`. */
export const certStoreParameters = {
  location: {
    type: 'directory',
    required: true,
    summary: 'Directory to put key, chain and certificate in as PEM files',
  },
  key: {
    type: 'choice',
    choices: ['reuse'],
    placeholder: 'reuse',
    summary: 'Keep the key at every update instead of making a new one',
  },
} as const;

/** `clear cmp cert-name`. */
export const clearNameParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Certificate whose outstanding requests and history to forget',
  },
} as const;

/** `show cmp history`. */
export const historyParameters = {
  limit: {
    type: 'integer',
    min: 1,
    max: 100_000,
    summary: 'Show only this many, the newest',
  },
} as const;

/** Parameters of `cmp initialize`. */
export type InitializeParameters = typeof keyParameters &
  typeof keyFileParameters &
  typeof subjectParameters &
  typeof credentialParameters &
  typeof caParameters &
  typeof waitParameters &
  typeof dumpParameters &
  typeof dryRunParameters;

/** Parameters of `cmp enroll`. */
export type EnrollParameters = typeof currentCertParameters &
  typeof keyParameters &
  typeof keyFileParameters &
  typeof subjectParameters &
  typeof caParameters &
  typeof waitParameters &
  typeof dumpParameters &
  typeof dryRunParameters;

/** Parameters of `cmp update`. */
export type UpdateParameters = typeof currentCertParameters &
  typeof keyParameters &
  typeof keyReuseParameters &
  typeof caParameters &
  typeof waitParameters &
  typeof dumpParameters &
  typeof dryRunParameters;

/** Parameters of `cmp poll`. */
export type PollParameters = typeof pollParameters & typeof waitParameters & typeof dumpParameters;
