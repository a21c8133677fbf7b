import { CertError } from '../base/errors.ts';

/** What is delivered where, for messages. */
export interface Place {
  /** Name of the certificate. */
  readonly name: string;
  /** What to call the place: a directory, or a deployment's label. */
  readonly where: string;
  /** How another place is chosen: `choose another place with "…"`. */
  readonly elsewhere: string;
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
export function deliveryError(error: unknown, { name, where, elsewhere }: Place): CertError {
  if (error instanceof CertError) return error;
  const code = codeOf(error);
  return new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${name}" to "${where}": ${reasonOf(error)}`,
    {
      cause: error,
      hint:
        code === 'ENOSPC' || code === 'EDQUOT'
          ? `Free some space, or ${elsewhere}; the certificate is safe in the store`
          : `Let this user write there, or ${elsewhere}; the certificate is safe in the store`,
    },
  );
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
