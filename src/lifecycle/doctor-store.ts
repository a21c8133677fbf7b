import { CertError } from '../base/errors.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';

/** Look whether the database is whole, and whether its secrets can be read. */
export async function examineStore({
  store,
}: Pick<LifecycleContext, 'store'>): Promise<readonly DoctorFinding[]> {
  const damage = await store.care.findDamage();
  const findings: DoctorFinding[] = damage.map((text) => ({
    check: 'store',
    severity: 'error',
    text: `the database is damaged: ${text}`,
    remedy: 'Stop the agent and restore the last backup: certkeeper store restore FILE',
  }));
  if (damage.length === 0) {
    findings.push({ check: 'store', severity: 'ok', text: 'the database is whole' });
  }
  findings.push(await examineKey(store.care));
  return findings;
}

async function examineKey(care: LifecycleContext['store']['care']): Promise<DoctorFinding> {
  try {
    await care.checkKey();
    return { check: 'store key', severity: 'ok', text: 'it opens what is sealed' };
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return {
      check: 'store key',
      severity: 'error',
      text: error.message,
      remedy: error.hint ?? 'Give the key that the store was sealed with, by --store-key',
    };
  }
}
