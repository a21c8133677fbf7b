import type { Scheme } from './url.ts';

/**
 * What others can do to a file on its way here: nothing that we do not do ourselves; nothing, because the server is
 * authenticated and all of it encrypted; or read and change it.
 */
export type Way = 'local' | 'protected' | 'open';

/** Tell what a scheme protects. A signature in the file itself is another matter. */
export function wayOf(scheme: Scheme): Way {
  switch (scheme) {
    case 'file':
      return 'local';
    case 'https':
    case 'sftp':
    case 'ldaps':
      return 'protected';
    case 'http':
    case 'ftp':
    case 'tftp':
    case 'ldap':
      return 'open';
  }
}
