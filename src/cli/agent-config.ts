import { agentActor } from '../agent/actor.ts';
import type { Services } from '../agent/compose.ts';
import { CertError } from '../base/errors.ts';
import type { CommandContext } from './command.ts';
import { parseSecretSource, resolveSecret } from './secret.ts';

/**
 * Make what applies an agent's configuration file, one call at a time.
 *
 * @returns throws CONFIG_INVALID, FILE_UNREADABLE and so on, and has changed nothing then
 */
export function configApplier(
  services: Services,
  file: string | undefined,
  { io, log }: Pick<CommandContext, 'io' | 'log'>,
): () => Promise<void> {
  if (file === undefined) return async () => {};
  const apply = async (): Promise<void> => {
    const { applyConfigFile } = await import('../config/apply-file.ts');
    await applyConfigFile(services, file, {
      actor: agentActor(services.holder),
      secret: (source, what) => resolveSecret(parseSecretSource(source, what), what, { io, log }),
    });
  };
  let last: Promise<void> = Promise.resolve();
  return () => {
    const next = last.then(apply);
    last = next.catch(() => {});
    return next;
  };
}

/**
 * Apply the file of an agent that starts. What is wrong with it keeps nobody from renewing certificates as it is stored:
 * a machine that comes up at night with a file that somebody has damaged goes on as before.
 *
 * @throws {CertError} STORE_…
 */
export async function applyAtStart(
  apply: () => Promise<void>,
  { log }: Pick<CommandContext, 'log'>,
): Promise<void> {
  try {
    await apply();
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    log.warn(`${error.message}; the agent goes on with the configuration that is stored`);
  }
}
