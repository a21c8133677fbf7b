import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { main as source } from '../openssl/command-line.ts';
import type { Ended, Place, PlacedProcess } from './place.ts';

const built = join(import.meta.dirname, '../../../dist/cli/main.js');

/** What was just built is what operators have; a test that is run by itself takes what is there. */
const main = process.env['CERTKEEPER_BUILT'] !== undefined && existsSync(built) ? built : source;

/** The program in a place, with a state directory. */
export interface Keeper {
  readonly state: string;
  /** Run a command there, in a process of its own, to its end. */
  run(...argv: readonly string[]): Promise<Ended>;
  /** Run commands, words parted by spaces, each of which must work. @returns what they printed */
  say(...lines: readonly string[]): Promise<string>;
  /** Start the agent, and wait until it runs; whoever started it stops it. */
  startAgent(words?: readonly string[]): Promise<PlacedProcess>;
}

/** Set one up, with a state directory below this one. @param env beside that of this process, such as a time of day or a password */
export function keeperIn(
  place: Place,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Keeper {
  return keeperAt(place, mkdtempSync(join(directory, `state-${place.name}-`)), env);
}

/** Set one up with a state directory that is there. */
export function keeperAt(
  place: Place,
  state: string,
  env: Readonly<Record<string, string>> = {},
): Keeper {
  const inState = { ...env, CERTKEEPER_STATE: state };
  const words = Object.entries(inState).map(([name, value]) => `${name}=${value}`);
  const run: Keeper['run'] = (...argv) =>
    place.run('env', ...words, process.execPath, main, ...argv);
  return {
    state,
    run,
    async say(...lines) {
      let printed = '';
      for (const line of lines) {
        const { code, out, err } = await run(...line.split(' '));
        if (code !== 0) throw new Error(`${place.name}: "${line}" ended with ${code}: ${err}`);
        printed += out;
      }
      return printed;
    },
    async startAgent(more = []) {
      const argv = [main, 'agent', 'run', ...more];
      const agent = place.start(process.execPath, argv, { env: inState });
      await agent.says(/The agent runs/);
      return agent;
    },
  };
}
