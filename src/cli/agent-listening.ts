import { join, resolve } from 'node:path';
import {
  listenForControl,
  type ControlAnswers,
  type ControlPlace,
} from '../agent/control-server.ts';
import { CertError } from '../base/errors.ts';
import type { CommandContext } from './command.ts';
import type { ArgsOf } from './parameter.ts';
import type { agentRunParameters } from './parameters-agent.ts';

/**
 * Find where members of a group may ask the agent, if they may. The state directory is no place for that: nobody else
 * can enter it.
 *
 * @throws {CertError} USAGE_INVALID, and CONFIG_INVALID when there is no such group
 */
export async function groupPlaceOf(
  { group, socket }: Pick<ArgsOf<typeof agentRunParameters>, 'group' | 'socket'>,
  { io: { env } }: Pick<CommandContext, 'io'>,
): Promise<readonly ControlPlace[]> {
  if (group === undefined) {
    if (socket === undefined) return [];
    throw new CertError('USAGE_INVALID', 'Cannot listen to a group: none is given', {
      hint: 'Add group G',
    });
  }
  // systemd gives several, with colons between them.
  const [runtime = ''] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  if (socket === undefined && runtime === '') {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot listen to group "${group}": it is not said where`,
      {
        hint: 'Add socket PATH, in a directory that the group can enter and only the agent can write to',
      },
    );
  }
  const { groupId } = await import('../deploy/accounts.ts');
  return [
    {
      path: socket === undefined ? join(runtime, 'agent.sock') : resolve(socket),
      group: await groupId(group),
    },
  ];
}

/** Listen in several places. @returns what ends that */
export async function listenIn(
  places: readonly ControlPlace[],
  answers: ControlAnswers,
  { log }: Pick<CommandContext, 'log'>,
): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  for (const place of places) {
    try {
      ends.push(await listenForControl(place, answers));
    } catch (error) {
      // It renews all the same; it only cannot be asked.
      const hint = error instanceof CertError && error.hint !== undefined ? `: ${error.hint}` : '';
      log.warn(`${error instanceof Error ? error.message : String(error)}${hint}`);
    }
  }
  return async () => {
    for (const end of ends) await end();
  };
}
