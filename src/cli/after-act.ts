import { askAgent } from '../agent/control-client.ts';
import type { Services } from '../agent/compose.ts';
import { tellAct } from '../agent/tell-act.ts';
import { CertError, type ErrorCode } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import { agentSocket } from './agent-socket.ts';
import type { Command, CommandContext } from './command.ts';
import type { Values } from './parameter.ts';

/** What the name of a certificate is called in commands that change something about it. */
const nameWords: readonly string[] = ['cert-name', 'current-cert', 'current-name'];

/** Commands, without a `no`, that call it simply `name`. */
const plainlyNamed = 'certificate name';

/** Commands, without a `no`, after which CA certificates or roots may be others. */
const ofAuthorities: readonly string[] = [
  'ca add',
  'ca remove',
  'cert import',
  'cert remove',
  'cmp info',
  'config apply',
];

function lineOf({ words }: Pick<Command, 'words'>): string {
  return words.filter((word) => word !== 'no').join(' ');
}

/** Find the certificates that a command line is about. */
export function namesIn(
  command: Pick<Command, 'parameters' | 'words'>,
  values: Values,
): readonly Label[] {
  const { parameters } = command;
  const called = lineOf(command) === plainlyNamed ? ['name'] : nameWords;
  return called.flatMap((word) => {
    const value = values.get(word);
    return parameters[word]?.type === 'label' && typeof value === 'string' && isLabel(value)
      ? [value]
      : [];
  });
}

/** What a command line did. */
export interface LineAct {
  readonly command: Command;
  readonly values: Values;
  /** What it was about besides. */
  readonly others: ReadonlyMap<Label, ErrorCode | undefined>;
  readonly begunAt: Date;
  readonly error?: unknown;
}

/** Have told what came of a command that changed something. */
export async function afterAct(
  services: Services,
  { command, values, others, begunAt, error }: LineAct,
  context: Pick<CommandContext, 'globals' | 'io'>,
): Promise<void> {
  const code = error instanceof CertError ? error.code : undefined;
  const names = new Map(namesIn(command, values).map((name) => [name, code]));
  const act = {
    names: new Map([...names, ...others]),
    areAuthorities: ofAuthorities.includes(lineOf(command)),
    begunAt,
  };
  await tellAct(services, act, () => askAgent(agentSocket(context), 'notify'));
}
