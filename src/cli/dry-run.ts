import type { Services } from '../agent/compose.ts';
import { asBuffer } from '../base/bytes.ts';
import type { ExitCode } from '../base/errors.ts';
import { inspectDer } from '../inspect/inspect.ts';
import { formatTree } from '../inspect/node.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { dryRun } from '../lifecycle/dry-run.ts';
import type { CommandContext } from './command.ts';

/** Show the message a use case would send, which is neither stored nor sent. */
export async function runDry(
  { print }: CommandContext,
  services: Services,
  work: (context: LifecycleContext) => Promise<unknown>,
): Promise<ExitCode> {
  const result = await dryRun(services, work);
  if (result.type === 'nothing') {
    const why =
      'Nothing would be sent now: the request waits for the CA, or only files are missing';
    print.done({ dryRun: true }, why);
    return 0;
  }
  const { der, url } = result;
  const decoded = inspectDer(der);
  const message = asBuffer(der).toString('base64');
  print.show({ dryRun: true, url, message, decoded }, () =>
    [
      formatTree(decoded),
      `\nThis would go to ${url}; nothing was stored or sent, and no key of it is kept.\n`,
    ].join(''),
  );
  return 0;
}
