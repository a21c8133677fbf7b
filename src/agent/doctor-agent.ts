import { formatTime } from '../base/format-time.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { nextJob } from '../scheduler/next-job.ts';
import { agentOf } from './agent-lease.ts';

/** Certificates that are looked at for the next renewals, those that end next. */
const maxCertificates = 200;

const renewalsTold = 5;

/** Look whether there is an agent where one is needed, and what will be renewed next. */
export async function examineAgent(
  services: Pick<LifecycleContext, 'store' | 'clock' | 'livenessOf'>,
): Promise<readonly DoctorFinding[]> {
  const { store, clock } = services;
  const now = clock.now();
  const agent = await agentOf(services);
  const renewals: { readonly name: string; readonly at: Date }[] = [];
  for (const { name } of await store.certificates.expiring(maxCertificates, now)) {
    const renewal = await nextJob(store, name, 'update', now);
    if (renewal !== undefined) renewals.push(renewal);
  }
  const next = renewals.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const told: readonly DoctorFinding[] = next.slice(0, renewalsTold).map(({ name, at }) => ({
    check: 'next',
    about: name,
    severity: 'note',
    text: at > now ? `it is renewed at ${formatTime(at)}` : 'its renewal is due now',
  }));
  const isNeeded = renewals.length > 0 || (await isSetForAny(store));
  return [agentFinding(agent, isNeeded), ...told];
}

/** A certificate that has ended has no next renewal, and yet is to be renewed. */
async function isSetForAny({ nameSettings }: Pick<LifecycleContext['store'], 'nameSettings'>) {
  for (const key of ['auto-update-days', 'auto-fetch-days'] as const)
    if ((await nameSettings.having(key, 1)).size > 0) return true;
  return false;
}

function agentFinding(
  agent: Awaited<ReturnType<typeof agentOf>>,
  isNeeded: boolean,
): DoctorFinding {
  if (agent !== undefined) {
    const { pid, host, since } = agent;
    const text = `process ${pid} on ${host} is it since ${formatTime(since)}`;
    return { check: 'agent', severity: 'ok', text };
  }
  if (!isNeeded) {
    return {
      check: 'agent',
      severity: 'note',
      text: 'none runs, and no certificate is set to be renewed by it',
    };
  }
  return {
    check: 'agent',
    severity: 'error',
    text: 'none runs, and certificates are set to be renewed by it',
    remedy: 'Start it: systemctl start certkeeper, or certkeeper agent run',
  };
}
