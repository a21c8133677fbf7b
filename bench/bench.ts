import type { OpensslPki } from '../test/interop/openssl/pki.ts';

/** What every benchmark works with. */
export interface Bench {
  /** How often each side is measured. */
  readonly runs: number;
  readonly pki: OpensslPki;
  /** A directory to work in, removed afterwards. */
  readonly directory: string;
  /** Say what is going on. */
  tell(line: string): void;
}

/** Path of a file of the project. */
export function inProject(path: string): string {
  return new URL(`../${path}`, import.meta.url).pathname;
}

/** Read what a loop printed, one number by its name. */
export function numberIn(output: string, name: string): number {
  const found: unknown = JSON.parse(output);
  const value = typeof found === 'object' && found !== null && Object.entries(found);
  const number = value ? value.find(([key]) => key === name)?.[1] : undefined;
  if (typeof number !== 'number') throw new Error(`no number "${name}" in ${output}`);
  return number;
}
