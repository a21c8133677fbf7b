import { CertError, type ErrorCode } from '../base/errors.ts';

/**
 * Say in our words why a database or one of its files failed.
 *
 * @param doing what was attempted, without the path: `write`, `open`
 * @returns a `CertError` for what SQLite or the file system threw; anything else as it came
 */
export function storeError(thrown: unknown, doing: string, path: string): unknown {
  const mangled = mangledIn(thrown);
  const code = mangled === undefined ? codeOf(thrown) : 'SQLITE_CORRUPT';
  const reason = reasons.find((row) => row.codes.test(code));
  if (reason === undefined) return thrown;
  return new CertError(
    reason.code,
    `Cannot ${doing} "${path}": ${reason.why} (${mangled ?? code})`,
    {
      cause: thrown,
      hint: reason.hint,
    },
  );
}

/** Tell whether another connection is in the way, so that trying again may help. */
export function isBusy(thrown: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(codeOf(thrown));
}

/** Every statement of ours is right for a store that is as we make it: it is the store that is not. */
function mangledIn(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || codeOf(thrown) !== 'SQLITE_ERROR') return undefined;
  const isMangled =
    /^(no such (table|column|index|trigger|view|function)|malformed|unsupported file format)/.test(
      thrown.message,
    );
  return isMangled ? thrown.message : undefined;
}

interface Reason {
  /** Codes of SQLite or of the operating system. */
  readonly codes: RegExp;
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint: string;
}

// The first row that matches counts: a general family stands below its special members.
const reasons: readonly Reason[] = [
  {
    codes: /^SQLITE_(BUSY|LOCKED)/,
    code: 'STORE_LOCKED',
    why: 'another process has kept it locked',
    hint: 'Try again when the other certkeeper command has ended',
  },
  {
    // A shared-memory file that cannot grow is how a full disk shows when a database is opened.
    codes: /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)$/,
    code: 'STORE_FULL',
    why: 'the disk is full',
    hint: 'Free some space and run the command again; nothing was changed',
  },
  {
    codes: /^(SQLITE_CORRUPT|SQLITE_NOTADB|SQLITE_IOERR_SHORT_READ|SQLITE_IOERR_CORRUPTFS)/,
    code: 'STORE_CORRUPT',
    why: 'it is damaged, or not a database',
    hint: 'Restore a backup: certkeeper store restore FILE; what is there is kept',
  },
  {
    codes:
      /^(SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR)|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|ELOOP|EIO)/,
    code: 'STORE_UNWRITABLE',
    why: 'it, or its folder, cannot be written',
    hint: 'Run as the owner of the state directory, or name another one with --state; who is in the group of its agent asks that with socket PATH',
  },
];

function codeOf(thrown: unknown): string {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}
