/**
 * Compile src/ to dist/. The new dist is made beside the old one and then takes its place, so that files
 * of deleted sources go away and nobody who uses dist meanwhile meets half of it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

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
