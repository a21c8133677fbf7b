import { probeService } from '../deploy/probe.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';

/** Services that are asked; more would be a load. */
const maxServices = 200;

/** Look whether each service that a deployment knows how to ask serves the certificate that is current. */
export async function examineServices({
  store,
  signal,
}: Pick<LifecycleContext, 'store' | 'signal'>): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const name of await store.certificates.names()) {
    if (findings.length >= maxServices) break;
    for (const { label, probe } of await store.deployments.list(name)) {
      if (probe === undefined) continue;
      const current = await store.certificates.current(name);
      if (current === undefined) continue;
      const complaint = await probeService(probe, current.der, { signal, patienceMs: 0 });
      const about = `${name}@${label}`;
      findings.push(
        complaint === undefined
          ? { check: 'service', about, severity: 'ok', text: 'it serves the certificate' }
          : {
              check: 'service',
              about,
              severity: 'error',
              text: complaint,
              remedy: `Deliver it again and look at the service: certkeeper cert deploy cert-name ${name}`,
            },
      );
    }
  }
  return findings;
}
