import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A module that goes into the package. */
export interface ProductionModule {
  /** From the root of the project: `node_modules/zod`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** What says under which terms it is given, from its folder. */
  readonly terms: readonly string[];
  /** What of it is needed to run, from its folder. */
  readonly files: readonly string[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly link?: boolean }>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  /** As old manifests have it. */
  readonly licenses?: readonly { readonly type: string }[];
}

/** What is there to compile others, or is never compiled here; the pinned Node has its own place. */
const leftOut =
  /^node_modules\/(?:nan|node-addon-api|buildcheck|cpu-features|node-(?:linux|win)-\w+)$/;

/** Sources, types, tests and machine code of other platforms: nothing that is ever loaded. */
const notNeeded = [
  /\.(?:[cm]?ts|map|flow|gyp|gypi|mk|c|cc|cpp|h|hpp|o|d|markdown)$/,
  /(?:^|\/)(?:\.[^/]+|Makefile|binding\.Makefile|CHANGELOG\.md|HISTORY\.md|CONTRIBUTING\.md)(?:\/|$)/,
  /^(?:test|tests|__tests__|example|examples|docs|benchmark|benchmarks|deps|includes)\//,
  /(?:^|\/)obj\.target\//,
];

/** List the modules that are not only for development, as the lock file has them, in the order of their paths. */
export function productionModules(root: string): readonly ProductionModule[] {
  const { packages }: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    .map(([path]) => path)
    .filter((path) => !leftOut.test(path) && existsSync(join(root, path, 'package.json')))
    .toSorted()
    .map((path) => describeModule(root, path));
}

function describeModule(root: string, path: string): ProductionModule {
  const {
    name,
    version,
    license,
    licenses = [],
  }: Manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
  const all = filesBelow(join(root, path));
  const named = all.filter((file) => /^(?:licen[cs]e|copying|notice)[^/]*$/i.test(file));
  // Where there is no file of its own, what it says of itself has to do.
  const terms = named.length > 0 ? named : all.filter((file) => /^readme(?:\.md)?$/i.test(file));
  const files = all.filter(
    (file) =>
      terms.includes(file) ||
      (!notNeeded.some((each) => each.test(file)) && !/\.md$/i.test(file) && isOfPlatform(file)),
  );
  const terse = license ?? licenses.map(({ type }) => type).join(' OR ');
  return { path, name, version, license: terse, terms, files };
}

/** Prebuilt machine code is named after what it runs on. */
function isOfPlatform(file: string): boolean {
  return !file.startsWith('prebuilds/') || file === `prebuilds/linux-${process.arch}.node`;
}

/** Files of a module, without the modules in it: those have entries of their own in the lock file. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => !file.startsWith('node_modules/'))
    .toSorted();
}
