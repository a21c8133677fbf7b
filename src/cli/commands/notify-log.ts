import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { putDestination } from '../../lifecycle/put-destination.ts';
import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import { reasonOf } from '../files.ts';
import type { notifyLogParameters } from '../parameters-notify.ts';

/** Append each notification to a file. */
export const run: Body<typeof notifyLogParameters> = async ({ name, file }, context) => {
  const path = resolve(file);
  // What cannot be written is said now, and not at the first notification.
  await appendFile(path, '', { mode: 0o640 }).catch((cause: unknown) => {
    throw new CertError('FILE_UNWRITABLE', `Cannot append to "${path}": ${reasonOf(cause)}`, {
      cause,
      hint: 'Check path, permissions and free space, for the user that certkeeper runs as',
    });
  });
  await putDestination(await context.services(), { type: 'log', name, path }, new Map());
  context.print.done(
    { name, type: 'log', file: path },
    `Notifications are appended to ${path} from now on`,
  );
  return 0;
};
