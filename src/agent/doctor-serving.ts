import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { servedNames } from '../lifecycle/served-names.ts';
import { agentOf } from './agent-lease.ts';

/**
 * Look whether names that other nodes may fetch are served by an agent. Those nodes find out when their certificates are
 * about to end.
 *
 * @param ask asks the running agent for its status; undefined, or an error, when that cannot be had
 */
export async function examineServing(
  services: Pick<LifecycleContext, 'store' | 'livenessOf'>,
  ask: () => Promise<object | undefined>,
): Promise<readonly DoctorFinding[]> {
  const served = await servedNames(services.store);
  const [first, ...others] = served;
  if (first === undefined) return [];
  const names = `"${first.name}"${others.length === 0 ? '' : ` and ${others.length} more`}`;
  const remedy =
    'Run it with serve PORT serve-cert NAME serve-ca-root L; if it is, its log says what keeps it from listening';
  if ((await agentOf(services)) === undefined) {
    const text = `no agent runs, and other nodes are to fetch ${names} from it`;
    return [{ check: 'serving', severity: 'error', text, remedy }];
  }
  const status = await ask().catch(() => undefined);
  if (status === undefined) {
    return [
      {
        check: 'serving',
        severity: 'note',
        text: `whether the agent serves ${names} cannot be asked`,
      },
    ];
  }
  const { serves }: Readonly<Record<string, unknown>> = { ...status };
  if (typeof serves === 'number') {
    return [
      { check: 'serving', severity: 'ok', text: `other nodes fetch ${names} on port ${serves}` },
    ];
  }
  const text = `the agent does not listen, and other nodes are to fetch ${names} from it`;
  return [{ check: 'serving', severity: 'error', text, remedy }];
}
