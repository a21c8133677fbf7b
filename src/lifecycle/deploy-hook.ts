import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { Account } from '../deploy/accounts.ts';
import type { HookEvent, HookOccasion } from '../deploy/hook-environment.ts';
import type { Hook, HookRun, OutputFile } from '../store/deployments-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { serialOf, storedCertificate } from './stored-certificate.ts';

/**
 * Run the hook of a certificate whose files stand, if it has one, and keep what it said.
 *
 * @param event absent: what the versions show
 * @throws {CertError} DELIVERY_FAILED unless it ends with exit code 0 in time
 */
export async function runHook(
  context: LifecycleContext,
  record: CertificateRecord,
  files: readonly OutputFile[],
  event?: HookEvent,
): Promise<void> {
  const hook = await context.store.deployments.hook(record.name);
  if (hook === undefined) return;
  const versions = await context.store.certificates.versions(record.name);
  const occasion = occasionOf(record, files, versions, event);
  const { run, complaint } = await tryHook(context, hook, occasion);
  if (complaint === undefined) return;
  const { lastWords } = await import('../deploy/run-command.ts');
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot finish the delivery of "${record.name}": hook "${hook.command[0]}" failed: ${complaint}${lastWords(run.output)}`,
    { hint: `See all it said with "certkeeper show cert full ${record.name}"` },
  );
}

/** Run a hook once, keep the run, and say what was wrong with it. */
export async function tryHook(
  { store, clock, signal, runCommand }: LifecycleContext,
  hook: Hook,
  occasion: HookOccasion,
): Promise<{ readonly run: HookRun; readonly complaint: string | undefined }> {
  const programs = await import('../deploy/run-command.ts');
  const run = runCommand ?? programs.runCommand;
  const { hookEnvironment } = await import('../deploy/hook-environment.ts');
  const timeoutMs = hook.timeoutSeconds * 1000;
  const account = await accountFor(hook);
  const startedAt = clock.now();
  const ended = await run({
    command: hook.command,
    env: hookEnvironment(occasion),
    timeoutMs,
    ...(account && { account }),
    ...(signal === undefined ? {} : { signal }),
  });
  const ran = { ...ended, event: occasion.event, startedAt, endedAt: clock.now() };
  await store.deployments.recordRun(occasion.name, ran);
  return { run: ran, complaint: programs.complaintOf(ended.result, timeoutMs) };
}

/** Find the account of a hook that is to be run as another user. @throws {CertError} CONFIG_INVALID when it is gone */
async function accountFor({ user }: Hook): Promise<Account | undefined> {
  if (user === undefined) return undefined;
  const { accountOf } = await import('../deploy/accounts.ts');
  const account = await accountOf(user);
  // Whoever is that user need not be allowed to become it.
  return account.uid === process.geteuid?.() ? undefined : account;
}

/**
 * Say what a hook is told of a certificate.
 *
 * @param versions all certificates of the name, newest first
 * @param event absent: what the versions show
 */
export function occasionOf(
  record: CertificateRecord,
  files: readonly OutputFile[],
  versions: readonly CertificateRecord[],
  event?: HookEvent,
): HookOccasion {
  const before = versions
    .filter(({ id, status, version }) => id !== record.id && status === 'superseded' && version > 0)
    .toSorted((a, b) => b.version - a.version)[0];
  const { validity } = storedCertificate(record.der, `"${record.name}"`).tbsCertificate;
  return {
    name: record.name,
    event: event ?? eventOf(record, before),
    serial: serialOf(record),
    ...(before === undefined ? {} : { oldSerial: serialOf(before) }),
    notAfter: formatTime(validity.notAfter.value),
    files,
  };
}

function eventOf(record: CertificateRecord, before: CertificateRecord | undefined): HookEvent {
  if (before !== undefined && before.version > record.version) return 'restored';
  if (record.source === 'import') return 'imported';
  // Past versions may not be kept; the numbers go on.
  return before === undefined && record.version === 1 ? 'issued' : 'renewed';
}
