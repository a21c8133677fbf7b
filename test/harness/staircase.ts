import { posix } from 'node:path';
import { maxLines, oidTable, publicFaces, type Step, steps, waterline } from './steps.ts';

/** A source file, read from the disk or made up by a test of the checker. */
export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** What reads a clock, draws randomness, sets a timer or does I/O without being imported. */
const worldly: readonly (readonly [RegExp, string])[] = [
  [/\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/, 'new Date() without an argument'],
  [/\bDate\s*\.\s*now\b/, 'Date.now'],
  [/\bperformance\s*\./, 'performance'],
  [/\bhrtime\b/, 'hrtime'],
  [/\bMath\s*\.\s*random\b/, 'Math.random'],
  [/\bgetRandomValues\b/, 'getRandomValues'],
  [
    /\brandom(?:Bytes|UUID|Int|Fill|FillSync)\b/,
    'randomBytes, randomUUID, randomInt or randomFill',
  ],
  [/\bset(?:Timeout|Interval|Immediate)\b/, 'setTimeout, setInterval or setImmediate'],
  [/\bfetch\s*\(/, 'fetch'],
  [/\bprocess\s*\./, 'process'],
];

/** Check all files, and that what they import is there. */
export function checkTree(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const lost = files.flatMap((file) =>
    importsOf(file.text)
      .filter((specifier) => specifier.startsWith('.') && !paths.has(resolve(file.path, specifier)))
      .map((specifier) => `${file.path} -> ${specifier}: no such file`),
  );
  return [...files.flatMap(checkFile), ...lost];
}

/** List everything in which a file breaks the rules of the staircase. */
export function checkFile(file: SourceFile): string[] {
  const { path } = file;
  const badName = checkName(path);
  if (badName.length > 0) return badName;
  const step = stepOf(path);
  if (step === undefined) return [`${path}: stands on no step`];
  return [
    ...importsOf(file.text).flatMap((specifier) => checkImport(path, step, specifier)),
    ...(step.step < waterline ? checkWaterline(file) : []),
    ...checkOids(file),
    ...checkLength(file),
  ];
}

function checkName(path: string): string[] {
  if (/\/(?:utils?|helpers?|common|misc)(?:\/|\.ts$)/.test(path)) {
    return [`${path}: name the idea, or move it next to its only user`];
  }
  if (path.endsWith('/index.ts') && !publicFaces.includes(path)) return [`${path}: a barrel`];
  return [];
}

function checkImport(path: string, from: Step, specifier: string): string[] {
  if (!specifier.startsWith('.')) {
    if (from.packages.includes(specifier)) return [];
    return [`${path}: ${from.path} may not import ${specifier}`];
  }
  if (!specifier.endsWith('.ts')) return [`${path} -> ${specifier}: without .ts`];
  const to = stepOf(resolve(path, specifier));
  if (to === undefined) return [`${path} -> ${specifier}: stands on no step`];
  // A file that has a row of its own stands apart from the other files of its folder.
  if (to.path === from.path || to.step < from.step) return [];
  return [`${path} -> ${specifier}: may not look up or sideways`];
}

function checkWaterline({ path, text }: SourceFile): string[] {
  const code = withoutComments(text);
  return worldly
    .filter(([pattern]) => pattern.test(code))
    .map(([, what]) => `${path}: ${what} below the waterline`);
}

function checkOids({ path, text }: SourceFile): string[] {
  if (path === oidTable) return [];
  const literals = withoutComments(text).match(/(?<=['"`])[012](?:\.\d+){2,}(?=['"`])/g) ?? [];
  return literals.map((literal) => `${path}: OID literal ${literal} outside of ${oidTable}`);
}

function checkLength({ path, text }: SourceFile): string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines > maxLines ? [`${path}: ${lines} lines, at most ${maxLines}`] : [];
}

function stepOf(path: string): Step | undefined {
  return steps
    .filter((step) => path === step.path || path.startsWith(`${step.path}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** List what a file imports or re-exports, types and dynamic imports included. */
function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const patterns = [
    /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
    /\brequire\s*\(\s*['"]([^'"]+)['"]/g,
  ];
  const found = patterns.flatMap((pattern) => [...code.matchAll(pattern)]);
  return found.map(([, specifier = '']) => specifier);
}

/** Blank comments; a `//` inside of a string (a URL) is kept, as it follows a colon. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<![:'"`\\])\/\/.*$/gm, '');
}
