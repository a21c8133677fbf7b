import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../agent/system-clock.ts';
import { CertError } from '../base/errors.ts';
import { openExistingLedger, type Ledger } from '../ca/ledger.ts';
import type { LabTransaction } from '../ca/ledger-records.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';
import { enterStateDirectory } from './enter-state.ts';
import { reasonOf } from './files.ts';

type Place = Pick<CommandContext, 'globals' | 'io'>;

/** Find the directory of the lab: as named, or `lab` in the state directory. */
export function labDirectory(dir: string | undefined, place: Place): string {
  if (dir !== undefined) return resolve(dir);
  return join(enterStateDirectory(place), 'lab');
}

/** Write a command line about the lab, for the directory this one was for. */
export function labCommandLine(
  words: readonly string[],
  dir: string | undefined,
  { globals }: Pick<CommandContext, 'globals'>,
): string {
  return commandLine(dir === undefined ? words : [...words, '--dir', dir], globals);
}

/**
 * Work on the ledger of a lab that exists, and close it.
 *
 * @throws {CertError} CONFIG_INVALID when there is no lab, or this user may not see it
 */
export async function withLedger<T>(
  dir: string | undefined,
  context: Place,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const directory = labDirectory(dir, context);
  assertAllowed(directory);
  return await inWordsOfLab(async () => {
    const ledger = await openExistingLedger(directory, systemClock);
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  });
}

/** Run what opens the directory of a lab; its hints then name `dir`, which is how a lab is told. */
export async function inWordsOfLab<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CertError) || error.hint?.includes('--state') !== true) throw error;
    throw new CertError(error.code, error.message, {
      cause: error,
      hint: 'Name another directory with dir DIR, or run as the owner of this one',
    });
  }
}

/**
 * Decide about a waiting request.
 *
 * @throws {CertError} CONFIG_INVALID when there is none of this number that waits
 */
export async function decideRequest(
  { id, dir }: { readonly id: number; readonly dir?: string },
  decision: 'approved' | 'denied',
  reason: string | undefined,
  context: Place,
): Promise<LabTransaction> {
  return await withLedger(dir, context, async (ledger) => {
    try {
      return await ledger.decide(id, decision, reason);
    } catch (cause) {
      if (!(cause instanceof CertError) || cause.code !== 'USAGE_INVALID') throw cause;
      throw new CertError('CONFIG_INVALID', cause.message, {
        cause,
        hint: `See ${labCommandLine(['lab', 'requests'], dir, context)}`,
      });
    }
  });
}

/** Who may not enter a directory would else be told that there is no lab in it. */
function assertAllowed(directory: string): void {
  try {
    if (statSync(directory, { throwIfNoEntry: false }) === undefined) return;
    accessSync(directory, constants.R_OK | constants.X_OK);
  } catch (cause) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot open the lab in "${directory}": ${reasonOf(cause)}`,
      { cause, hint: 'Run as the user who started the lab, or name another directory as dir DIR' },
    );
  }
}
