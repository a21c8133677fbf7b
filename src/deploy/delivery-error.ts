import { CertError } from '../base/errors.ts';

/** What is delivered where, for messages. */
export interface Place {
  /** Name of the certificate. */
  readonly name: string;
  /** What to call the place: a directory, or a deployment's label. */
  readonly where: string;
  /** How another place is chosen: `choose another place with "…"`. */
  readonly elsewhere: string;
  /** What is safe in the store whatever happens; absent: the certificate. */
  readonly safe?: string;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  ENOENT: 'is gone, another delivery may be under way',
  EEXIST: 'exists, another delivery may be under way',
  ENOTEMPTY: 'is not empty, another delivery may be under way',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'input/output error',
};

/** Say what kept files from their place. */
export function deliveryError(error: unknown, place: Place): CertError {
  if (error instanceof CertError) return error;
  const { name, where, elsewhere, safe = 'certificate' } = place;
  return new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${name}" to "${where}": ${reasonOf(error)}`,
    {
      cause: error,
      hint: `${wayOut(error)}, or ${elsewhere}; the ${safe} is safe in the store`,
    },
  );
}

function wayOut(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Free some space';
  return code === 'EPERM' && isChown(error)
    ? 'Leave owner and group out, run this as root, who alone gives files to others'
    : 'Let this user write there';
}

function isChown(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && String(error.syscall).endsWith('chown');
}

/** Say what went wrong, in words and with its code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const reason = reasons[code];
  const text = reason === undefined ? error.message : `${reason} (${code})`;
  return 'path' in error && typeof error.path === 'string' ? `"${error.path}": ${text}` : text;
}

/** The system's code of an error, empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
