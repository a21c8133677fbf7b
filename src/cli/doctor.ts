import { stateDirectory } from '../agent/state-directory.ts';
import { CertError } from '../base/errors.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { readOnly } from '../store/read-only.ts';
import { agentSocket } from './agent-socket.ts';
import type { CommandContext } from './command.ts';
import { namingAgent } from './damaged-store.ts';
import { readStored, whereLooked } from './stored.ts';

/**
 * Look at everything that can keep certificates from being renewed, from the disk up to the CA. Nothing is changed, and
 * a CA is asked only what leaves no trace with us.
 */
export async function examine(context: CommandContext): Promise<readonly DoctorFinding[]> {
  const { globals, io } = context;
  const { examineStateDirectory } = await import('../agent/doctor-files.ts');
  const directory = stateDirectory({
    env: io.env,
    ...(globals.state !== undefined && { option: globals.state }),
  });
  const files = await examineStateDirectory(directory, process.geteuid?.());
  try {
    const stored = await readStored(context, async (services) => {
      const looking: LifecycleContext = { ...services, store: readOnly(services.store, refuse) };
      return await examineStored(looking, directory, context);
    });
    if (stored !== undefined) return [...files, ...stored];
    const text = `nothing is stored yet${whereLooked(context)}`;
    return [...files, { check: 'store', severity: 'note', text }];
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    const {
      message: text,
      hint: remedy = 'Restore the last backup: certkeeper store restore FILE',
    } = await namingAgent(error, context);
    return [...files, { check: 'store', about: directory, severity: 'error', text, remedy }];
  }
}

function refuse(): never {
  throw new CertError('INTERNAL', 'Cannot store anything: doctor only looks');
}

/** One after the other: what is told first is what the rest stands on. */
async function examineStored(
  context: LifecycleContext,
  directory: string,
  place: Pick<CommandContext, 'globals' | 'io'>,
): Promise<readonly DoctorFinding[]> {
  const { examineStore } = await import('../lifecycle/doctor-store.ts');
  const { examineAuthorities } = await import('../lifecycle/doctor-authorities.ts');
  const { examineCertificates } = await import('../lifecycle/doctor-certificates.ts');
  const { examineDestinations } = await import('../lifecycle/doctor-destinations.ts');
  const { examineStaples } = await import('../lifecycle/doctor-staples.ts');
  const { examineServices } = await import('../lifecycle/doctor-services.ts');
  const { examineDeployedFiles } = await import('../agent/doctor-files.ts');
  const { examineAgent } = await import('../agent/doctor-agent.ts');
  const { examineServing } = await import('../agent/doctor-serving.ts');
  const { examineResponder } = await import('../agent/doctor-responder.ts');
  const { examineTunnels } = await import('../agent/doctor-tunnels.ts');
  const { askAgent } = await import('../agent/control-client.ts');
  const { examineBackups } = await import('../agent/doctor-backup.ts');
  const { examineNewerFiles, putNewerFirst } = await import('../agent/newer-files.ts');
  const findings = [...(await examineStore(context))];
  // What a damaged database says of CAs and certificates is not to be believed.
  if (findings.some(({ check, severity }) => check === 'store' && severity === 'error')) {
    return findings;
  }
  findings.push(...(await examineBackups(context, directory)));
  findings.push(...(await examineAuthorities(context)));
  const newer = await examineNewerFiles(context);
  findings.push(...putNewerFirst(newer, await examineCertificates(context)));
  findings.push(...(await examineDeployedFiles(context.store)));
  findings.push(...(await examineServices(context)));
  findings.push(...(await examineStaples(context)));
  findings.push(...(await examineDestinations(context)));
  findings.push(...(await examineAgent(context)));
  const ask = () => askAgent(agentSocket(place), 'status');
  findings.push(...(await examineServing(context, ask)));
  findings.push(...(await examineResponder(context, ask)));
  findings.push(...(await examineTunnels(context)));
  return findings;
}
