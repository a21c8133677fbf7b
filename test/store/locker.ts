import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Another process, which has a store locked. */
export interface Locker {
  /** End its transaction, and it. */
  letGo(): Promise<void>;
}

const script = `
  const { default: Sqlite } = await import('better-sqlite3');
  const database = new Sqlite(process.argv[1]);
  database.exec('BEGIN IMMEDIATE');
  process.stdout.write('locked');
  process.stdin.once('data', () => {
    database.exec('ROLLBACK');
    database.close();
    process.exit();
  });
`;

/**
 * Have another process lock a database, until it is told to let go or the test ends.
 *
 * @param path of the database
 */
export async function lockStore(path: string): Promise<Locker> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    async letGo() {
      child.stdin.write('go');
      await ended;
    },
  };
}
