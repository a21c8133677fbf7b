import { appendFile } from 'node:fs/promises';

/** Append a line to a file, which is opened for it: whoever rotates the file needs not tell us. */
export async function appendLine(path: string, line: string): Promise<void> {
  await appendFile(path, `${line}\n`, { mode: 0o640 });
}
