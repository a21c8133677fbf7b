import type { Services } from '../agent/compose.ts';
import { exitCodeOf, type ExitCode } from '../base/errors.ts';
import { failureHint } from '../cmp/message/failure-meaning.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { dumpsKept } from '../lifecycle/setting-keys.ts';
import type { EnrollmentResult } from '../lifecycle/result.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';
import { failureJson, failCommand, type Failure } from './failure.ts';
import { startProgress } from './progress.ts';
import { formatTime } from '../base/format-time.ts';

/**
 * Run a use case with Ctrl-C and a live line, and give back what it came to. Ctrl-C leaves the transaction
 * outstanding and is no error.
 *
 * @param dump directory to write each message to
 */
export async function runEnrollment<R>(
  command: CommandContext,
  services: Services,
  work: (context: LifecycleContext) => Promise<R>,
  dump?: string,
): Promise<R | 'interrupted'> {
  const { io, globals, log } = command;
  const progress = startProgress(io, globals, log, services.clock);
  const signal = io.abortSignal();
  try {
    const connect = dump === undefined ? services.connect : await dumping(services, dump);
    return await work({ ...services, connect, progress: progress.tell, signal });
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 'interrupted';
    throw error;
  } finally {
    progress.end();
  }
}

/** What every command that sends can be told of the sending. */
interface Sending {
  readonly dump?: string;
  readonly dryRun: boolean;
}

/** Send what a use case asks for and print how that ended; or, with dry-run, only show what would be sent. */
export async function sendRequest<R>(
  command: CommandContext,
  { dump, dryRun }: Sending,
  work: (context: LifecycleContext) => Promise<R>,
  report: (result: R | 'interrupted') => ExitCode,
): Promise<ExitCode> {
  const services = await command.services();
  if (dryRun) {
    // With it comes all that shows messages as trees, which whoever sends has no use for.
    const { runDry } = await import('./dry-run.ts');
    return await runDry(command, services, work);
  }
  return report(await runEnrollment(command, services, work, dump));
}

async function dumping(
  { connect, log, store }: Services,
  directory: string,
): Promise<Services['connect']> {
  const { dumpingTransport } = await import('../agent/message-dump.ts');
  const setting = await store.settings.get(dumpsKept);
  const kept = setting === undefined ? undefined : Number(setting);
  return (url, settings) => dumpingTransport(connect(url, settings), directory, log, kept);
}

/** Print how an enrollment ended, and give the exit code for it. */
export function reportResult(
  result: EnrollmentResult | 'interrupted',
  name: string,
  context: Pick<CommandContext, 'io' | 'globals' | 'print' | 'log' | 'failed'>,
): ExitCode {
  const { globals, print, log } = context;
  if (result === 'interrupted') {
    const poll = commandLine(['cmp', 'poll', 'current-cert', name], globals);
    const message = `Interrupted; what is outstanding for "${name}" stays so: ${poll}`;
    const failure = { code: 'CMP_WAITING', message } as const;
    print.done({ type: 'interrupted', name, error: failureJson(failure) }, message);
    return exitCodeOf.CMP_WAITING;
  }
  const { transactionID, ca } = result;
  const said = { type: result.type, name: result.name, ca, transactionID };
  const fail = (failure: Failure): ExitCode =>
    failCommand({ ...failure, transactionID }, context, said);
  switch (result.type) {
    case 'issued': {
      const { certificate, differences, additions, files } = result;
      const { subject, validity, serialNumber } = decodeCertificate(certificate.der).tbsCertificate;
      const notAfter = formatTime(validity.notAfter.value);
      for (const difference of differences) log.warn(`granted with modifications: ${difference}`);
      for (const addition of additions) log.warn(`granted with an addition: ${addition}`);
      print.done(
        {
          ...said,
          version: certificate.version,
          subject: formatName(subject),
          serialNumber: serialNumber.toString(16),
          notBefore: formatTime(validity.notBefore.value),
          notAfter,
          differences,
          additions,
          files,
        },
        `Certificate "${result.name}" is ${certificate.version > 1 ? 'renewed and ' : ''}valid until ${notAfter}; ` +
          `files in ${certificate.directory ?? '(none)'}`,
      );
      return 0;
    }
    case 'waiting': {
      const { polls, text } = result;
      const nextPollAt = formatTime(result.nextPollAt);
      const poll = commandLine(['cmp', 'poll', 'current-cert', result.name], globals);
      const message = `The CA has not decided on "${result.name}" yet${text === undefined ? '' : ` ("${text}")`}`;
      const hint = `Poll again after ${nextPollAt}: ${poll}`;
      const failure = { code: 'CMP_WAITING', message, hint, transactionID } as const;
      print.done(
        { ...said, nextPollAt, polls, text, error: failureJson(failure) },
        `${message}; next poll due ${nextPollAt}: ${poll}`,
      );
      return exitCodeOf.CMP_WAITING;
    }
    case 'revoked':
    case 'revocation-pending': {
      const { reason, about, status } = result;
      const issuer = formatName(about.issuer);
      const serialNumber = about.serialNumber.toString(16);
      const which =
        about.name === undefined
          ? `The certificate with serial number ${serialNumber} of "${issuer}"`
          : `Certificate "${about.name}"`;
      // L9: what is here from before is said.
      const before = status.failInfo?.includes('certRevoked')
        ? `; CA "${ca}" says that it was before`
        : '';
      print.done(
        {
          ...said,
          certificate: about.name,
          issuer,
          serialNumber,
          reason,
          alreadyRevoked: before !== '',
        },
        result.type === 'revocation-pending'
          ? `${which} is not revoked yet: CA "${ca}" has taken the request, and waits for someone to approve it`
          : reason === 'removeFromCRL'
            ? `${which} is taken off the CRL of CA "${ca}"`
            : `${which} is revoked (${reason})${before}`,
      );
      // L9: a promise is not the revocation.
      return result.type === 'revocation-pending' ? exitCodeOf.CMP_WAITING : 0;
    }
    case 'rejected':
      return fail({
        code: 'CMP_REJECTED',
        message:
          result.isUnauthenticated === true
            ? `CA "${ca}", or anyone in its place (unauthenticated), rejected the request for "${result.name}"`
            : `CA "${ca}" rejected the request for "${result.name}"`,
        hint: hintOf(result.status),
        status: result.status,
        details: result.details,
      });
    case 'unconfirmed':
      return fail({
        code: 'CMP_REJECTED',
        message: `CA "${ca}" did not take the confirmation of "${result.name}": it may revoke the certificate`,
        hint: hintOf(result.status),
        status: result.status,
      });
    case 'refused':
      return fail({
        code: 'CERT_REFUSED',
        message: `Certificate for "${result.name}" refused: ${result.reason}`,
        hint: 'Compare what the CA issued with what was asked; the root of the CA profile must fit it',
      });
    case 'expired':
      return fail({
        code: 'NETWORK_TIMEOUT',
        message: `Gave up waiting for "${result.name}": the deadline of CA "${ca}" has passed`,
        hint: 'Ask the CA what became of the request; a new one can be made now',
      });
  }
}

/** What to do about a rejection: what the first bit with an answer says. */
function hintOf({ failInfo = [] }: PKIStatusInfo): string {
  return (
    failInfo.map((bit) => failureHint[bit]).find((hint) => hint !== undefined) ??
    'Ask the operator of the CA; the transactionID finds the request in its log'
  );
}
