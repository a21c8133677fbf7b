/** `store backup`. */
export const storeBackupParameters = {
  file: {
    type: 'file',
    required: true,
    positional: true,
    placeholder: 'FILE',
    summary: 'File to write, in a folder where nobody else can put files',
  },
  'with-key': {
    type: 'flag',
    summary: 'Put the store key into it: whoever has the file then has the private keys',
  },
  replace: { type: 'flag', summary: 'Take the place of a file that exists' },
} as const;

/** `store restore`. */
export const storeRestoreParameters = {
  file: {
    type: 'file',
    required: true,
    positional: true,
    placeholder: 'FILE',
    summary: 'File that store backup has written',
  },
} as const;

/** `store rekey`. */
export const storeRekeyParameters = {
  'new-key': {
    type: 'secret',
    summary:
      'New store key: file:PATH, env:NAME, cred:NAME, or prompt for a passphrase; else a generated store.key',
  },
  'data-key': {
    type: 'flag',
    summary:
      'Encrypt every secret anew, too: when the old key and a copy of the store may be known',
  },
} as const;
