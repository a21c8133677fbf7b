/** `show audit`. */
export const showAuditParameters = {
  last: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 50,
    placeholder: 'N',
    summary: 'Show only so many, the newest',
  },
  'cert-name': {
    type: 'label',
    positional: true,
    placeholder: 'NAME',
    summary: 'Show only what was done about this certificate',
  },
} as const;

/** `retention`. */
export const retentionParameters = {
  versions: {
    type: 'integer',
    min: 0,
    max: 1000,
    usual: '3',
    summary: 'Past versions of a certificate to keep beside the current one, with their keys',
  },
  history: {
    type: 'integer',
    min: 1,
    max: 100_000,
    usual: '100',
    summary: 'Transactions to keep in the history, as with cmp history keep',
  },
  'hook-runs': {
    type: 'integer',
    min: 1,
    max: 1000,
    usual: '10',
    summary: 'Runs of each hook to keep, each with its last 64 KiB of output',
  },
  audit: {
    type: 'integer',
    min: 100,
    max: 1_000_000,
    usual: '10000',
    summary: 'Acts to keep in the audit trail',
  },
  'orphan-keys': {
    type: 'duration',
    usual: '400d',
    summary: 'How long to keep a key whose request came to nothing, at least 30d',
  },
  dumps: {
    type: 'integer',
    min: 1,
    max: 100_000,
    usual: '1000',
    summary: 'Messages that dump keeps in one directory',
  },
  backups: {
    type: 'integer',
    min: 0,
    max: 366,
    usual: '7',
    summary: 'Daily backups to keep, which the agent makes of the store; 0 has none made',
  },
} as const;

/** `no retention`. */
export const noRetentionParameters = {
  versions: { type: 'flag', summary: 'Keep 3 past versions again' },
  history: { type: 'flag', summary: 'Keep 100 transactions again' },
  'hook-runs': { type: 'flag', summary: 'Keep 10 runs of each hook again' },
  audit: { type: 'flag', summary: 'Keep 10000 acts again' },
  'orphan-keys': { type: 'flag', summary: 'Keep unused keys for 400d again' },
  dumps: { type: 'flag', summary: 'Keep 1000 dumped messages again' },
  backups: { type: 'flag', summary: 'Keep 7 daily backups again' },
} as const;
