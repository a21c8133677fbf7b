import { existsSync } from 'node:fs';
import { askAgent } from '../agent/control-client.ts';
import type { SectionName } from '../config/schema.ts';
import { agentSocket } from './agent-socket.ts';
import { namesIn } from './after-act.ts';
import type { Command, CommandContext } from './command.ts';
import type { Values } from './parameter.ts';

/** Which section of a configuration file says the same as commands that begin so, without their `no`. */
const sections: readonly (readonly [string, SectionName])[] = [
  ['ca ', 'ca'],
  ['retrieval server', 'retrieval'],
  ['crypto token', 'tokens'],
  ['cmp cert-store', 'cert-store'],
  ['retention', 'retention'],
  ['cmp history', 'retention'],
  ['agent window', 'maintenance-windows'],
  ['cmp cert-trap', 'cert-trap'],
  ['snmp ', 'snmp'],
  ['notify ', 'notify'],
  ['ocsp ', 'ocsp'],
  ['ca-crl ', 'ca-crl'],
  ['crypto map', 'crypto-policy'],
  ['crypto template', 'crypto-policy'],
  ['staple responder', 'staple-responder'],
  ['ipsec peer', 'ipsec-peer'],
  ['agent serve', 'certificates'],
  ['cert ', 'certificates'],
  ['certificate name', 'certificates'],
  ['cmp auto-', 'certificates'],
];

/** An agent that does not answer by then has other things to do: the command is done all the same. */
const patienceMs = 5000;

/** As many fit a line; `agent reload` names all. */
const mostNamed = 5;

/**
 * Warn that the agent that runs will take back what a command has just changed, for its configuration file says
 * otherwise. Nothing of it fails the command.
 */
export async function warnOfAgentFile(
  { command, values }: { readonly command: Command; readonly values: Values },
  context: Pick<CommandContext, 'globals' | 'io' | 'log'>,
): Promise<void> {
  const line = `${command.words.filter((word) => word !== 'no').join(' ')} `;
  const [, section] = sections.find(([begin]) => line.startsWith(begin)) ?? [];
  const isAll = line === 'config apply ';
  if (section === undefined && !isAll) return;
  const socket = agentSocket(context);
  if (!existsSync(socket)) return;
  const signal = AbortSignal.timeout(patienceMs);
  const answer = await askAgent(socket, 'compare', { signal }).catch(() => undefined);
  const { file, changes }: Readonly<Record<string, unknown>> = { ...answer };
  if (typeof file !== 'string' || !Array.isArray(changes)) return;
  const names: readonly string[] = namesIn(command, values);
  const ours = changes
    .filter((each) => typeof each === 'string')
    .filter((each) => {
      const [first, name] = each.replace(/ \w+$/, '').split('.');
      if (isAll) return true;
      if (first !== section) return false;
      return first !== 'certificates' || names.length === 0 || names.includes(name ?? '');
    });
  if (ours.length === 0) return;
  const more = ours.length > mostNamed ? `, and ${ours.length - mostNamed} more` : '';
  context.log.warn(
    `the agent's configuration file "${file}" will take this back at its next reload: ` +
      `${ours.slice(0, mostNamed).join(', ')}${more}`,
  );
}
