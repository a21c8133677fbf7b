import {
  auditLimit,
  backupsKept,
  dumpsKept,
  historyLimit,
  hookRunsKept,
  orphanKeyDays,
  versionsKept,
} from './setting-keys.ts';

/** What has a limit. */
export type Retained =
  | 'versions'
  | 'history'
  | 'hook-runs'
  | 'audit'
  | 'orphan-keys'
  | 'dumps'
  | 'backups';

/** How much of something is kept. */
export interface RetentionLimit {
  readonly word: Retained;
  /** Key of the setting. */
  readonly setting: string;
  /** What holds without it. */
  readonly usual: number;
  /** What the number counts. */
  readonly unit: 'd' | '';
  readonly what: string;
}

/** Everything that would grow without end. */
export const retentionLimits: readonly RetentionLimit[] = [
  {
    word: 'versions',
    setting: versionsKept,
    usual: 3,
    unit: '',
    what: 'past versions of a certificate, with their keys',
  },
  {
    word: 'history',
    setting: historyLimit,
    usual: 100,
    unit: '',
    what: 'transactions in the history',
  },
  {
    word: 'hook-runs',
    setting: hookRunsKept,
    usual: 10,
    unit: '',
    what: 'runs of each hook, with 64 KiB of output',
  },
  { word: 'audit', setting: auditLimit, usual: 10_000, unit: '', what: 'acts in the audit trail' },
  {
    word: 'orphan-keys',
    setting: orphanKeyDays,
    usual: 400,
    unit: 'd',
    what: 'a key whose request came to nothing',
  },
  {
    word: 'dumps',
    setting: dumpsKept,
    usual: 1000,
    unit: '',
    what: 'dumped messages in a directory',
  },
  {
    word: 'backups',
    setting: backupsKept,
    usual: 7,
    unit: '',
    what: 'daily backups of the store, made by the agent',
  },
];

/** Read a limit from the settings; what is no number stands for none. */
export function limitIn(
  settings: ReadonlyMap<string, string>,
  { setting, usual }: RetentionLimit,
): number {
  const text = settings.get(setting) ?? '';
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : usual;
}
