import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import type { ExitCode } from '../../src/base/errors.ts';
import { run } from '../../src/cli/run.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { fakeIo } from '../cli/fake-io.ts';

/** What one command line did. */
export interface Outcome {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** An operator's desk: a directory with files, a state directory, and the command line as it is. */
export interface Desk {
  readonly directory: string;
  readonly state: string;
  /** The root of the CA that `addCa` sets up. */
  readonly root: Issued;
  path(file: string): string;
  /** Write a file and give its path. */
  write(file: string, content: string | Uint8Array): string;
  /** Run a command line, given as one text whose words have no spaces, or as words. */
  run(argv: string | readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Set up the CA profile `mock`, impatient, with the secret `a-secret-of-32-octets-in-the-lab`. */
  addCa(url: string, ...more: readonly string[]): Promise<void>;
  /** Everything in every table but `besides`. */
  dump(): Readonly<Record<string, readonly unknown[]>>;
}

/**
 * What changes with every command, also one that is refused: leases leave their number, an attempt its line in the
 * audit trail, and both count in `sqlite_sequence`.
 */
const besides: ReadonlySet<string> = new Set([
  'leases',
  'audit',
  'audit_results',
  'sqlite_sequence',
]);

const valid = {
  notBefore: new Date('2020-01-01T00:00:00Z'),
  notAfter: new Date('2049-12-31T00:00:00Z'),
};

/** Make a desk; it is cleared when the test ends. */
export function makeDesk(): Desk {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-desk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const state = join(directory, 'state');
  const path = (file: string): string => join(directory, file);
  const root = issue({ subject: 'CN=Root,O=Test', isCa: true, ...valid });
  const desk: Desk = {
    directory,
    state,
    root,
    path,
    write(file, content) {
      writeFileSync(path(file), content);
      return path(file);
    },
    async run(argv, env = {}) {
      const words = typeof argv === 'string' ? argv.split(' ') : argv;
      const io = fakeIo({ env: { CMP_SECRET: 'a-secret-of-32-octets-in-the-lab', ...env } });
      const code = await run(['--state', state, ...words], io);
      return { code, out: io.out(), err: io.err() };
    },
    async addCa(url, ...more) {
      const pem = encodePem('CERTIFICATE', certificateDer(root.certificate));
      const words = ['ca', 'add', 'mock', 'url', url, 'root', desk.write('root.pem', pem)];
      const known = ['reference', 'device-0001', 'secret', 'env:CMP_SECRET'];
      const limits = ['connect-timeout', '1s', 'response-timeout', '1s', 'min-poll', '1s'];
      const { code, err } = await desk.run([...words, ...known, ...limits, ...more]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
    dump() {
      const database = new Sqlite(join(state, 'store.db'), { readonly: true });
      try {
        const tables = database
          .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
          .pluck()
          .all()
          .map(String)
          .filter((table) => !besides.has(table));
        return Object.fromEntries(
          tables.map((table) => [table, database.prepare(`SELECT * FROM "${table}"`).all()]),
        );
      } finally {
        database.close();
      }
    },
  };
  return desk;
}

/** A request that has everything it needs. */
export const initialize: readonly string[] =
  'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1,O=Test ca-root mock'.split(' ');

/** Put other values in the place of a request's. */
export function asking(changes: Readonly<Record<string, string>>): readonly string[] {
  const words = [...initialize];
  for (const [word, value] of Object.entries(changes)) {
    const at = words.indexOf(word);
    if (at < 0) words.push(word, value);
    else words[at + 1] = value;
  }
  return words;
}

/**
 * Check that a command line failed with one error: exit code, one line of what, value and why, one line of
 * what to do next, and nothing else anywhere.
 */
export function expectOneError({ code, out, err }: Outcome, exitCode: ExitCode): void {
  const lines = err.split('\n');
  expect({ code, out, rest: lines.slice(2) }, err).toEqual({
    code: exitCode,
    out: '',
    rest: lines
      .slice(2)
      .filter(
        (line) =>
          line === '' || /^(transactionID: [0-9a-f]{32}|code: [A-Z_]+|state: \/.*)$/.test(line),
      ),
  });
  expect(lines[0]).toMatch(/^error: [A-Z].*[^.]$/);
  expect(lines[1]).toMatch(/^hint: [A-Z].*[^.]$/);
  expect(err).not.toContain('bug in certkeeper');
}
