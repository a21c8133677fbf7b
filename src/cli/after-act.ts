import { askAgent } from '../agent/control-client.ts';
import type { Services } from '../agent/compose.ts';
import { tellAct } from '../agent/tell-act.ts';
import { CertError } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import { agentSocket } from './agent-socket.ts';
import type { Command, CommandContext } from './command.ts';
import type { Values } from './parameter.ts';

/** What the name of a certificate is called in commands that change something about it. */
const nameWords: readonly string[] = ['cert-name', 'current-cert', 'current-name'];

/** Find the certificates that a command line is about. */
export function namesIn(
  { parameters }: Pick<Command, 'parameters'>,
  values: Values,
): readonly Label[] {
  return nameWords.flatMap((word) => {
    const value = values.get(word);
    return parameters[word]?.type === 'label' && typeof value === 'string' && isLabel(value)
      ? [value]
      : [];
  });
}

/** Have told what came of a command that changed something. */
export async function afterAct(
  services: Services,
  act: { readonly names: readonly Label[]; readonly begunAt: Date; readonly error?: unknown },
  context: Pick<CommandContext, 'globals' | 'io'>,
): Promise<void> {
  const { names, begunAt, error } = act;
  const code = error instanceof CertError ? error.code : undefined;
  await tellAct(services, { names, begunAt, ...(code && { code }) }, () =>
    askAgent(agentSocket(context), 'notify'),
  );
}
