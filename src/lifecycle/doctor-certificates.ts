import type { FailingRecord } from '../store/schedule-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import { formatTime } from '../base/format-time.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';
import { outlookOf } from './outlook.ts';

/** Certificates that are looked at, those that end next: whoever has more that are ill has seen enough. */
const maxCertificates = 500;

/** Of what fails, and of what could not be delivered. */
const maxFailures = 100;

/** Look for certificates that have ended or soon will, jobs that fail, and files that are not where they should be. */
export async function examineCertificates(
  context: Pick<LifecycleContext, 'store' | 'clock'>,
): Promise<readonly DoctorFinding[]> {
  const { store, clock } = context;
  const now = clock.now();
  const findings: DoctorFinding[] = [];
  const records = await store.certificates.expiring(maxCertificates);
  for (const record of records) {
    const { state } = await outlookOf(store, record.name, record, now);
    if (state.type === 'expired') findings.push(expired(record));
    else if (state.type === 'not yet valid') findings.push(notYetValid(record));
    else if (state.type === 'expiring') findings.push(await expiring(context, record));
  }
  if (findings.length === 0) {
    findings.push({
      check: 'certificate',
      severity: records.length === 0 ? 'note' : 'ok',
      text: records.length === 0 ? 'there is none' : 'none has ended, or is about to',
    });
  }
  const failures = await store.schedule.failures(maxFailures);
  const pending = (await store.certificates.pendingDelivery()).slice(0, maxFailures);
  return [...findings, ...failures.map(failing), ...pending.map(undelivered)];
}

function expired({ name, ca }: CertificateRecord): DoctorFinding {
  return {
    check: 'certificate',
    about: name,
    severity: 'error',
    text: 'it has expired',
    remedy:
      ca === undefined
        ? `Get another one, or forget it: certkeeper cert remove cert-name ${name}`
        : `Get another one with "certkeeper cmp initialize", or try "cmp update current-cert ${name} after-expiry"`,
  };
}

function notYetValid({ name }: CertificateRecord): DoctorFinding {
  return {
    check: 'certificate',
    about: name,
    severity: 'warning',
    text: 'it is not valid yet',
    remedy: 'Check the clock of this machine',
  };
}

async function expiring(
  { store }: Pick<LifecycleContext, 'store'>,
  { name }: CertificateRecord,
): Promise<DoctorFinding> {
  const days = await store.nameSettings.get(name, 'auto-update-days');
  return {
    check: 'certificate',
    about: name,
    severity: 'warning',
    text:
      days === undefined
        ? 'it ends soon, and nobody renews it'
        : 'it ends soon, and is not renewed yet',
    remedy:
      days === undefined
        ? `Have it renewed: certkeeper cmp auto-update current-name ${name} time 30`
        : `See why not: certkeeper show cert ${name}`,
  };
}

function failing({
  name,
  job,
  kind,
  count,
  firstAt,
  text,
}: FailingRecord & { readonly name: string }): DoctorFinding {
  const often = count === 1 ? 'once' : `${count} times`;
  return {
    check: 'job',
    about: name,
    severity: kind === 'blocked' ? 'error' : 'warning',
    text: `${job} has failed ${often} since ${formatTime(firstAt)}: ${text}`,
    remedy:
      kind === 'blocked'
        ? `A person has to act; why and when it is tried again: certkeeper show cert ${name}`
        : `See when it is tried again, if it is: certkeeper show cert ${name}`,
  };
}

function undelivered({ name, deliveryError }: CertificateRecord): DoctorFinding {
  return {
    check: 'delivery',
    about: name,
    severity: 'warning',
    text: deliveryError ?? 'its files are not written yet',
    remedy: `Deliver it again: certkeeper cmp poll current-cert ${name}`,
  };
}
