import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/**
 * What what we ship may be under. The Unlicense, of tweetnacl (Ed25519 of ssh2, for sftp), gives a work to the public:
 * it asks for nothing, not even to be named, and so goes with any of the others.
 */
const allowed: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'Unlicense',
]);

interface Manifest {
  readonly license?: string;
  /** As old manifests have it. */
  readonly licenses?: readonly { readonly type: string }[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly link?: boolean }>>;
}

describe('what is installed with certkeeper', () => {
  const { packages }: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const shipped = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    // Optional ones of other platforms are not here.
    .filter(([path]) => existsSync(join(root, path, 'package.json')))
    .map(([path]) => path);

  it.each(shipped)('%s has a licence that CONTRIBUTING.md allows', (path) => {
    const { license, licenses = [] }: Manifest = JSON.parse(
      readFileSync(join(root, path, 'package.json'), 'utf8'),
    );
    const all = license === undefined ? licenses.map(({ type }) => type) : [license];
    expect(all.length).toBeGreaterThan(0);
    for (const each of all) expect(allowed).toContain(each);
  });
});
