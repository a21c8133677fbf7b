import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const cli = join(import.meta.dirname, '../../src/cli');

/** The files of a start: all that are imported without waiting for a command to want them. */
function loadedWith(path: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const source = readFileSync(path, 'utf8');
  for (const [, type, from = ''] of source.matchAll(
    /^(?:import|export) (type )?[^;]*?from '(\.[^']+)';/gm,
  )) {
    if (type === undefined) loadedWith(join(dirname(path), from), seen);
  }
  return seen;
}

describe('the start of a command', () => {
  it('loads neither the shell nor completion nor the manual', () => {
    const loaded = [...loadedWith(join(cli, 'start.ts'))].map((path) => path.slice(cli.length + 1));
    expect(loaded).toContain('grammar-tools.ts');
    const late = /^(?:shell\/|completion|manual|commands\/|help\.ts)/;
    expect(loaded.filter((path) => late.test(path))).toEqual([]);
  });
});
