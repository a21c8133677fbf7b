/** `cert move`. */
export const certMoveParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
  'ca-root': {
    type: 'label',
    required: true,
    placeholder: 'L',
    summary: 'CA profile that the next renewal goes to',
  },
  by: {
    type: 'choice',
    choices: ['ir', 'cr', 'kur'],
    usual: 'ir when the profile has reference and secret, else cr',
    summary:
      'How it asks: under the shared secret, signed with the old certificate, or, where L is one more profile of the same CA, as ever',
  },
} as const;

/** `no cert move`. */
export const noCertMoveParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
} as const;

/** `cert key`. */
export const certKeyParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate; it may come later',
  },
  key: {
    type: 'choice',
    choices: ['reuse', 'new'],
    required: true,
    positional: true,
    summary: 'Keep the key at every update, or make a new one',
  },
} as const;

/** `no cert key`. */
export const noCertKeyParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate',
  },
} as const;

/** `cert remove`. */
export const certRemoveParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Name of the certificate, or label of the CA certificate',
  },
  ca: {
    type: 'flag',
    summary: 'Remove the CA certificate of that label, where a certificate has that name too',
  },
  'with-files': {
    type: 'flag',
    summary:
      'Remove the files that were written for it, too, as far as nobody changed them since, and its keys from strongSwan',
  },
} as const;
