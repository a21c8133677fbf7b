import { resolve } from 'node:path';
import { agentActor } from '../agent/actor.ts';
import type { Services } from '../agent/compose.ts';
import { CertError } from '../base/errors.ts';
import type { SecretReader } from '../lifecycle/retrieval-servers.ts';
import type { CommandContext } from './command.ts';
import { parseSecretSource, resolveSecret } from './secret.ts';

/** How an agent stands to its configuration file. */
export interface ConfigState {
  readonly file: string;
  /** When it was applied last, as far as this agent goes. */
  readonly appliedAt?: Date;
  /** Why it is not in force now, or not all of it; what was before is. */
  readonly trouble?: string;
}

/** What applies an agent's configuration file. */
export interface ConfigApplier {
  /**
   * Apply it, one call at a time.
   *
   * @returns what that changed, as `ca.rootA removed`
   * @throws {CertError} CONFIG_INVALID, FILE_UNREADABLE and so on, and has changed nothing then
   */
  apply(): Promise<readonly string[]>;
  /** Tell what applying it would change now. @returns undefined without a file */
  compare(): Promise<{ readonly file: string; readonly changes: readonly string[] } | undefined>;
  /** @returns undefined without a file */
  state(): ConfigState | undefined;
}

/** Make what applies an agent's configuration file, if it has one. */
export function configApplier(
  services: Services,
  file: string | undefined,
  { io, log }: Pick<CommandContext, 'io' | 'log'>,
): ConfigApplier {
  if (file === undefined) {
    return { apply: async () => [], compare: async () => undefined, state: () => undefined };
  }
  const secret: SecretReader = (source, what) =>
    resolveSecret(parseSecretSource(source, what), what, { io, log });
  let state: ConfigState = { file: resolve(file) };
  const applyNow = async (): Promise<readonly string[]> => {
    const { applyConfigFile } = await import('../config/apply-file.ts');
    const { made, failed } = await applyConfigFile(services, file, {
      actor: agentActor(services.holder),
      secret,
    });
    const [first] = failed;
    const others = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
    const { file: path } = state;
    state = {
      file: path,
      appliedAt: services.clock.now(),
      ...(first !== undefined && { trouble: `${first}${others}` }),
    };
    return made;
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    state: () => state,
    async compare() {
      const { compareConfigFile } = await import('../config/apply-file.ts');
      return { file: state.file, changes: await compareConfigFile(services, file, { secret }) };
    },
    apply() {
      const next = last.then(applyNow).catch((error: unknown) => {
        state = { ...state, trouble: error instanceof Error ? error.message : String(error) };
        throw error;
      });
      last = next.catch(() => {});
      return next;
    },
  };
}

/**
 * Apply the file of an agent that starts. What is wrong with it keeps nobody from renewing certificates as it is stored:
 * a machine that comes up at night with a file that somebody has damaged goes on as before.
 *
 * @throws {CertError} STORE_…
 */
export async function applyAtStart(
  { apply }: Pick<ConfigApplier, 'apply'>,
  { log }: Pick<CommandContext, 'log'>,
): Promise<void> {
  try {
    await apply();
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    log.warn(`${error.message}; the agent goes on with the configuration that is stored`);
  }
}
