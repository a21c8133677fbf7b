/** `config apply`. */
export const configApplyParameters = {
  file: {
    type: 'file',
    required: true,
    positional: true,
    placeholder: 'FILE',
    summary: 'The configuration as YAML; - is standard input',
  },
  'dry-run': { type: 'flag', summary: 'Show what would change, and change nothing' },
} as const;

/** `config show`. */
export const configShowParameters = {
  pem: {
    type: 'flag',
    summary: 'Certificates that are trusted in full, to be applied on another machine',
  },
} as const;
