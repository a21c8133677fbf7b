import { probeService } from '../deploy/probe.ts';
import type { DeployProbe } from '../store/deployments-contract.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';

/** Names that are looked through: for more, nobody waits for the answer. */
export const maxNamesExamined = 5000;

/** Services that are asked; more would be a load. */
const maxServices = 200;

/** Services asked at a time: one that does not answer takes seconds. */
const servicesAtATime = 16;

/** Look whether each service that a deployment knows how to ask serves the certificate that is current. */
export async function examineServices(
  context: Pick<LifecycleContext, 'store' | 'signal'>,
): Promise<readonly DoctorFinding[]> {
  const services = await servicesOf(context.store);
  const findings: DoctorFinding[] = [];
  for (let at = 0; at < services.length; at += servicesAtATime) {
    const some = services.slice(at, at + servicesAtATime);
    findings.push(...(await Promise.all(some.map((each) => examineService(context, each)))));
  }
  return findings;
}

interface Service {
  readonly name: string;
  readonly deployment: string;
  readonly probe: DeployProbe;
  readonly expectedDer: Uint8Array;
}

async function servicesOf({
  certificates,
  deployments,
}: LifecycleContext['store']): Promise<readonly Service[]> {
  const services: Service[] = [];
  for (const name of (await certificates.names()).slice(0, maxNamesExamined)) {
    const probed = (await deployments.list(name)).flatMap(({ label, probe }) =>
      probe === undefined ? [] : [{ deployment: label, probe }],
    );
    const current = probed.length === 0 ? undefined : await certificates.current(name);
    if (current === undefined) continue;
    services.push(...probed.map((each) => ({ name, expectedDer: current.der, ...each })));
    if (services.length >= maxServices) break;
  }
  return services.slice(0, maxServices);
}

async function examineService(
  { signal }: Pick<LifecycleContext, 'signal'>,
  { name, deployment, probe, expectedDer }: Service,
): Promise<DoctorFinding> {
  // A service has had its time to take the certificate when it was delivered.
  const complaint = await probeService(probe, expectedDer, { signal, patienceMs: 0 });
  const finding = { check: 'service', about: `${name}@${deployment}` } as const;
  return complaint === undefined
    ? { ...finding, severity: 'ok', text: 'it serves the certificate' }
    : {
        ...finding,
        severity: 'error',
        text: complaint,
        remedy: `Deliver it again and look at the service: certkeeper cert deploy cert-name ${name}`,
      };
}
