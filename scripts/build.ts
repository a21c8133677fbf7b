/**
 * Compile src/ to dist/: the library file by file, the command line into one file. The new dist is made
 * beside the old one and then takes its place, so that files of deleted sources go away and nobody who
 * uses dist meanwhile meets half of it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const fresh = join(root, `dist.new.${process.pid}`);
const old = join(root, `dist.old.${process.pid}`);

process.exitCode = build();

function build(): number {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh];
  try {
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
    bundleCli(join(fresh, 'cli'));
    // tsc writes 0644, and npx then says "Permission denied".
    chmodSync(join(fresh, 'cli/main.js'), 0o755);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
    return 0;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/**
 * Put the command line into one CommonJS file (docs/decisions/0004): finding and linking a module costs a
 * third of a millisecond, and a command needs 70 to 150 of them. What is imported late stays late.
 */
function bundleCli(folder: string): void {
  const kept = ['main.js', 'compile-cache.js', 'start.js', 'bundle.cjs', 'backup-worker.cjs'];
  const common: BuildOptions = {
    absWorkingDir: folder,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'warning',
  };
  buildSync({ ...common, entryPoints: ['start.js'], outfile: 'bundle.cjs' });
  // A thread begins with a file of its own.
  const worker = '../store/backup-worker.js';
  buildSync({ ...common, entryPoints: [worker], outfile: 'backup-worker.cjs' });
  // Not `import … from './bundle.cjs'`, which reads all of it once more to find out what it exports.
  writeFileSync(
    join(folder, 'start.js'),
    "const { createRequire } = process.getBuiltinModule('node:module');\n" +
      'export const { createProcessIo, run, startOver } = ' +
      "createRequire(import.meta.url)('./bundle.cjs');\n",
  );
  for (const name of readdirSync(folder)) {
    if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true });
  }
}
