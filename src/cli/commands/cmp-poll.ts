import { poll } from '../../lifecycle/poll.ts';
import { decodeCertificate } from '../../x509/certificate.ts';
import type { ExitCode } from '../../base/errors.ts';
import type { Label } from '../../base/label.ts';
import { agentSocket } from '../agent-socket.ts';
import { maxToldWaitSeconds, tellBy, tellOnlyBy } from '../agent-tell.ts';
import type { Body, CommandContext } from '../command.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import type { PollParameters } from '../parameters-cmp.ts';
import { formatTime } from '../../base/format-time.ts';

/** Ask for the answer to an outstanding request: through the agent, where one runs, which may be at it already. */
export const run: Body<PollParameters> = async (args, command) => {
  const { currentCert: name, wait, dump, socket } = args;
  const words = { command: 'poll', name, wait: Math.min(wait, maxToldWaitSeconds) };
  if (socket !== undefined) {
    return await told(() => tellOnlyBy(socket, words, command, wait), name, command);
  }
  // The store first: who asks is in its audit trail.
  await command.services();
  if (dump === undefined && !command.isTried) {
    const path = agentSocket(command);
    const exitCode = await told(() => tellBy(path, words, command, wait), name, command);
    if (exitCode !== undefined) return exitCode;
  }
  return await pollHere({ name, wait, ...(dump !== undefined && { dump }) }, command);
};

/** Do it in this process. */
export async function pollHere(
  { name, wait, dump }: { readonly name: Label; readonly wait: number; readonly dump?: string },
  command: CommandContext,
): Promise<ExitCode> {
  const services = await command.services();
  const result = await runEnrollment(
    command,
    services,
    (context) => poll(context, { name, waitSeconds: wait }),
    dump,
  );
  if (result === 'interrupted') return reportResult(result, name, command);
  if (result.type !== 'settled' && result.type !== 'delivered') {
    return reportResult(result, name, command);
  }
  const { validity } = decodeCertificate(result.certificate.der).tbsCertificate;
  const notAfter = formatTime(validity.notAfter.value);
  const files = result.type === 'delivered' ? result.files : [];
  command.print.done(
    { type: result.type, name, notAfter, files },
    result.type === 'delivered'
      ? `Certificate "${name}" is valid until ${notAfter}; its files are written now: ${files.join(', ')}`
      : `Nothing is outstanding for "${name}": its certificate is valid until ${notAfter}`,
  );
  return 0;
}

async function told<T>(ask: () => Promise<T>, name: Label, command: CommandContext) {
  const signal = command.io.abortSignal();
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      return reportResult('interrupted', name, command);
    }
    throw error;
  }
}
