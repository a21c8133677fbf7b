import { open, rename, rm } from 'node:fs/promises';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

/** How often Prometheus asks, usually. */
const everyMs = 60_000;

/**
 * Write metrics to a file for the textfile collector of node_exporter, at once and each minute. The file is there
 * whole or not at all, for a reader that comes at any moment; mode 0644, since that reader is another user.
 *
 * @param path ends in `.prom`, which the collector asks for
 * @returns what ends that; the last file stays, and grows old, which the collector tells of
 * @throws {CertError} CONFIG_INVALID for another name
 */
export function keepMetricsFile(
  path: string,
  metrics: () => Promise<{ readonly parts: Parts }>,
  log: Log,
): () => void {
  if (!path.endsWith('.prom')) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot write metrics to "${path}": it is no .prom file`,
      {
        hint: 'node_exporter reads only files whose names end in .prom',
      },
    );
  }
  let isWriting = false;
  let complaint: string | undefined;
  const write = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    try {
      await replaceFile(path, (await metrics()).parts);
      complaint = undefined;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // Once is enough, until something else is wrong.
      if (text !== complaint) log.warn(`metrics cannot be written to "${path}": ${text}`);
      complaint = text;
    } finally {
      isWriting = false;
    }
  };
  void write();
  const interval = setInterval(() => void write(), everyMs).unref();
  return () => clearInterval(interval);
}

/** A text, part by part. */
type Parts = AsyncIterable<string> | readonly string[];

/** Put a text in the place of a file in one step. */
export async function replaceFile(path: string, parts: Parts): Promise<void> {
  // Without .prom at its end nobody reads it.
  const temporary = `${path}.new`;
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o644);
    try {
      for await (const part of parts) await file.writeFile(part);
      await file.chmod(0o644);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
