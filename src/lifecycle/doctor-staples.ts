import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import { isShown } from '../ocsp-staple/decide.ts';
import { isMustStaple } from '../ocsp-staple/must-staple.ts';
import type { StapleEndpointRecord } from '../store/staples-contract.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';
import { stapledRecord, type StapledRecord } from './staple-versions.ts';
import { storedCertificate } from './stored-certificate.ts';

/** Certificates that are looked at, those that end next. */
const maxCertificates = 500;

/** Look whether each certificate that is stapled has a fresh response that is served, and each that has to be is. */
export async function examineStaples(
  context: Pick<LifecycleContext, 'store' | 'clock'>,
): Promise<readonly DoctorFinding[]> {
  const { store, clock } = context;
  const endpoints = Map.groupBy(await store.staples.endpoints(), ({ name }) => name);
  const findings: DoctorFinding[] = [];
  for (const [name, own] of endpoints) {
    const current = await store.certificates.current(name);
    if (current === undefined) continue;
    const version = await stapledRecord(store, current);
    const response = examineResponse(version, clock.now());
    findings.push(response, ...own.flatMap(examineEndpoint));
  }
  for (const record of await store.certificates.expiring(maxCertificates)) {
    if (endpoints.has(record.name)) continue;
    if (isMustStaple(storedCertificate(record.der, `"${record.name}"`))) {
      findings.push(unstapled(record.name));
    }
  }
  return findings;
}

function examineResponse({ record: { name }, kept }: StapledRecord, now: Date): DoctorFinding {
  const finding = { check: 'staple', about: name } as const;
  const remedy = `See why, and ask again: certkeeper show staple ${name}, certkeeper staple refresh ${name}`;
  if (kept?.revoked) {
    const text = `its OCSP responder says that it is revoked: ${kept.revoked.reason}`;
    const another = `Get another one: certkeeper cert move ${name} ca-root L by ir, then certkeeper cmp update current-cert ${name}`;
    return { ...finding, severity: 'error', text, remedy: another };
  }
  const held = kept?.held;
  if (!isShown(held, now)) {
    const why = kept?.error ?? 'nobody has asked for one yet';
    return { ...finding, severity: 'error', text: `there is no OCSP response: ${why}`, remedy };
  }
  const until = formatTime(held.until);
  if (kept?.error === undefined) {
    return { ...finding, severity: 'ok', text: `its OCSP response is good until ${until}` };
  }
  const text = `its OCSP response is good until ${until}, and there is no newer one: ${kept.error}`;
  return { ...finding, severity: 'warning', text, remedy };
}

function examineEndpoint({ name, label, failures, error }: StapleEndpointRecord): DoctorFinding[] {
  if (failures === 0) return [];
  return [
    {
      check: 'staple',
      about: `${name}@${label}`,
      severity: 'error',
      text: error ?? 'it could not be told what to serve',
      remedy: `Look at the service, and tell it again: certkeeper staple refresh ${name}`,
    },
  ];
}

function unstapled(name: Label): DoctorFinding {
  return {
    check: 'staple',
    about: name,
    severity: 'warning',
    text: 'clients refuse it without an OCSP response, and nothing here keeps one',
    remedy: `Say where it is served: certkeeper staple add ${name} target …`,
  };
}
