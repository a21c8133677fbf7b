/**
 * Run all tests: the unit project as it is, the interop project in two network namespaces of their own side by side,
 * because some peers bind every address. Never installs anything. Arguments are handed to Vitest, so
 * `npm test -- test/store` runs a part.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCi } from '../test/harness/require.ts';
import {
  closingLine,
  exitCodeFor,
  longSuites,
  type RunOutcome,
  type RunSummary,
  skipReport,
  totals,
} from '../test/harness/summary.ts';
import { namespacePrefix } from './network-namespace.ts';
import { programPath } from './peer-packages.ts';

const root = join(import.meta.dirname, '..');

/** What the tests need in all at a time, with room to spare. */
const memoryOctets = 3 * 2 ** 30;

/** What takes long, in seconds of some machine: only so that both parts end at about the same time. */
const long: Readonly<Record<string, number>> = {
  'deploy-services': 83,
  tokens: 64,
  proxy: 61,
  'pkcs12-export': 45,
  import: 36,
  'openssl-server-refusal': 33,
  'crl-matrix': 31,
  'staple-servers': 30,
  'staple-commands': 20,
  'openssl-server': 29,
  shell: 28,
  'decision-matrix': 25,
  'tunnel-matrix': 21,
  'pkcs12-credentials': 19,
  https: 18,
  'ocsp-matrix': 20,
  'ipsec-matrix': 20,
  'ipsec-facts': 7,
  'ipsec-large-crl': 8,
  'ipsec-renewal': 14,
  'two-gateways': 45,
  'ipsec-time': 14,
  'point-matrix': 12,
  'bad-input': 16,
};

const temporary = mkdtempSync(join(tmpdir(), 'certkeeper-test-'));

const memory = memoryDirectory();

try {
  process.exitCode = await run();
} finally {
  for (const each of [temporary, memory]) rmSync(each, { recursive: true, force: true });
}

async function run(): Promise<number> {
  if (spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' }).status) {
    console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  }
  const words = process.argv.slice(2);
  const unit = await runProject({ project: 'unit', name: 'unit', words, prefix: [] });
  const prefix = interopPrefix();
  // Without a namespace the peers of both would be in each other's way.
  const parts = words.length === 0 && prefix.length > 0 ? interopParts() : [words];
  const outcomes = [
    unit,
    ...(await Promise.all(
      parts.map((part, index) =>
        runProject({ project: 'interop', name: `interop-${index}`, words: part, prefix }),
      ),
    )),
  ];
  for (const line of [...longSuites(outcomes), ...skipReport(outcomes)]) console.log(line);
  const sums = totals(outcomes, { strict: isCi() });
  console.log(closingLine(sums));
  return exitCodeFor(sums);
}

interface ProjectRun {
  readonly project: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly prefix: readonly string[];
}

async function runProject({ project, name, words, prefix }: ProjectRun): Promise<RunOutcome> {
  const summaryFile = join(temporary, `${name}.json`);
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project];
  const command = [...prefix, process.execPath, ...vitest, '--passWithNoTests', ...words];
  const [program = process.execPath, ...args] = command;
  const child = spawn(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: programPath,
      TMPDIR: memory,
      // Thousands of processes load the same modules.
      NODE_COMPILE_CACHE: join(temporary, 'compiled'),
      CERTKEEPER_SUMMARY: summaryFile,
      CERTKEEPER_BUILT: 'yes',
    },
  });
  const [status]: readonly unknown[] = await once(child, 'exit');
  const summary = existsSync(summaryFile) ? readSummary(summaryFile) : undefined;
  return { summary, exitCode: typeof status === 'number' ? status : 1 };
}

/**
 * Find a place for the tests' own files. Most of what they do on a disk is waiting for it to say that all is written,
 * which no test can tell: a process that is killed loses nothing there. Memory takes it, where there is enough and
 * programs can be run from.
 */
function memoryDirectory(): string {
  try {
    const { bavail, bsize, type } = statfsSync('/dev/shm');
    const tmpfs = 0x01_02_19_94;
    if (type === tmpfs && bavail * bsize >= memoryOctets) {
      const directory = mkdtempSync('/dev/shm/certkeeper-test-');
      // As /tmp is: servers that run as other users read and write there.
      chmodSync(directory, 0o1777);
      const program = join(directory, 'program');
      writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
      if (spawnSync(program).status === 0) return directory;
      rmSync(directory, { recursive: true });
    }
  } catch {
    // There is no such place.
  }
  return mkdtempSync(join(tmpdir(), 'certkeeper-test-files-'));
}

/** Divide the interop project by files; the longest first, each to the part that has less. */
function interopParts(): readonly (readonly string[])[] {
  const suffix = '.interop.test.ts';
  const files = globSync(`test/interop/**/*${suffix}`, { cwd: root })
    .map((file) => {
      const seconds = long[file.slice('test/interop/'.length, -suffix.length)] ?? 6;
      return { file, seconds };
    })
    .toSorted((a, b) => b.seconds - a.seconds || a.file.localeCompare(b.file));
  const parts = [1, 2].map(() => ({ seconds: 0, files: new Array<string>() }));
  for (const { file, seconds } of files) {
    const [least] = parts.toSorted((a, b) => a.seconds - b.seconds);
    least?.files.push(file);
    if (least !== undefined) least.seconds += seconds;
  }
  return parts.map((part) => part.files);
}

function readSummary(file: string): RunSummary {
  const summary: RunSummary = JSON.parse(readFileSync(file, 'utf8'));
  return summary;
}

function interopPrefix(): readonly string[] {
  const prefix = namespacePrefix();
  if (!prefix) console.log('no network namespace here: interop tests that need one are skipped');
  return prefix ?? [];
}
