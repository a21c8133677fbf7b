import { CertError } from '../base/errors.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { responderPlaceText } from '../lifecycle/responder-place.ts';
import { readResponder } from '../lifecycle/responder-setting.ts';
import { checkResponder } from '../lifecycle/set-responder.ts';
import { agentOf } from './agent-lease.ts';

/**
 * Look whether the OCSP requests of servers are answered where that is set. Servers that ask in vain staple nothing, and
 * say so in their own logs only.
 *
 * @param ask asks the running agent for its status; undefined, or an error, when that cannot be had
 */
export async function examineResponder(
  { store, livenessOf }: Pick<LifecycleContext, 'store' | 'livenessOf'>,
  ask: () => Promise<object | undefined>,
): Promise<readonly DoctorFinding[]> {
  const setting = await readResponder(store.settings);
  if (setting === undefined) return [];
  const place = responderPlaceText(setting);
  try {
    await checkResponder(store, setting);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    return wrong(error.message, error.hint ?? 'See "certkeeper show ocsp responder"');
  }
  if ((await agentOf({ store, livenessOf })) === undefined) {
    const text = `no agent runs, and servers are to ask it at ${place} for OCSP responses`;
    return wrong(text, 'Run it: certkeeper agent run');
  }
  const status = await ask().catch(() => undefined);
  if (status === undefined) {
    return found('note', `whether the agent answers OCSP requests at ${place} cannot be asked`);
  }
  const { responder }: Readonly<Record<string, unknown>> = { ...status };
  if (typeof responder === 'string') {
    return found('ok', `the agent answers OCSP requests at ${responder}`);
  }
  return wrong(
    `the agent does not listen, and servers are to ask it at ${place} for OCSP responses`,
    'Its log says what keeps it from listening: another program that has the port, most likely',
  );
}

function found(severity: 'ok' | 'note', text: string): readonly DoctorFinding[] {
  return [{ check: 'responder', severity, text }];
}

function wrong(text: string, remedy: string): readonly DoctorFinding[] {
  return [{ check: 'responder', severity: 'error', text, remedy }];
}
