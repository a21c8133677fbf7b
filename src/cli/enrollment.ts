import type { Services } from '../agent/compose.ts';
import type { ExitCode } from '../base/errors.ts';
import { failureMeaning } from '../cmp/message/failure-meaning.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { EnrollmentResult } from '../lifecycle/result.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import type { CommandContext } from './command.ts';
import { startProgress } from './progress.ts';
import { formatTime } from './render.ts';
import { printable } from '../base/printable.ts';

/**
 * Run a use case with Ctrl-C and a live line, and give back what it came to. Ctrl-C leaves the transaction
 * outstanding and is no error.
 */
export async function runEnrollment<R>(
  command: CommandContext,
  services: Services,
  work: (context: LifecycleContext) => Promise<R>,
): Promise<R | 'interrupted'> {
  const { io, globals, log } = command;
  const progress = startProgress(io, globals, log, services.clock);
  const signal = io.abortSignal();
  try {
    return await work({ ...services, progress: progress.tell, signal });
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 'interrupted';
    throw error;
  } finally {
    progress.end();
  }
}

/** Print how an enrollment ended, and give the exit code for it. */
export function reportResult(
  result: EnrollmentResult | 'interrupted',
  name: string,
  { io, print, log }: CommandContext,
): ExitCode {
  if (result === 'interrupted') {
    print.done(
      { type: 'interrupted', name },
      `Interrupted; what is outstanding for "${name}" stays so: certkeeper cmp poll current-cert ${name}`,
    );
    return 8;
  }
  const { transactionID, ca } = result;
  const said = { type: result.type, name: result.name, ca, transactionID };
  switch (result.type) {
    case 'issued': {
      const { certificate, differences, files } = result;
      const { subject, validity, serialNumber } = decodeCertificate(certificate.der).tbsCertificate;
      const notAfter = validity.notAfter.value;
      for (const difference of differences) log.warn(`granted with modifications: ${difference}`);
      print.done(
        {
          ...said,
          version: certificate.version,
          subject: formatName(subject),
          serialNumber: serialNumber.toString(16),
          notBefore: validity.notBefore.value.toISOString(),
          notAfter: notAfter.toISOString(),
          differences,
          files,
        },
        `Certificate "${result.name}" is valid until ${formatTime(notAfter)}; files in ${certificate.directory ?? '(none)'}`,
      );
      return 0;
    }
    case 'waiting': {
      const { nextPollAt, polls, text } = result;
      print.done(
        {
          ...said,
          nextPollAt: nextPollAt.toISOString(),
          polls,
          ...(text !== undefined && { text }),
        },
        `The CA has not decided on "${result.name}" yet${text === undefined ? '' : ` ("${text}")`}; ` +
          `next poll due ${formatTime(nextPollAt)}: certkeeper cmp poll current-cert ${result.name}`,
      );
      return 8;
    }
    case 'rejected':
      return fail(
        said,
        `CA "${ca}" rejected the request for "${result.name}"`,
        statusLines(result.status, result.details),
        7,
      );
    case 'unconfirmed':
      return fail(
        said,
        `CA "${ca}" did not take the confirmation of "${result.name}": it may revoke the certificate`,
        statusLines(result.status, []),
        7,
      );
    case 'refused':
      return fail(
        said,
        `Certificate for "${result.name}" refused: ${result.reason}`,
        [
          'hint: Compare what the CA issued with what was asked; the root of the CA profile must fit it',
        ],
        9,
      );
    case 'expired':
      return fail(
        said,
        `Gave up waiting for "${result.name}": the deadline of CA "${ca}" has passed`,
        ['hint: Ask the CA what became of the request; a new one can be made now'],
        5,
      );
  }

  function fail(
    json: typeof said,
    sentence: string,
    lines: readonly string[],
    exitCode: ExitCode,
  ): ExitCode {
    print.show({ ...json, message: sentence, details: lines, exitCode }, () => '');
    for (const line of [`error: ${sentence}`, ...lines, `transactionID: ${transactionID}`]) {
      io.stderr.write(`${printable(line)}\n`);
    }
    return exitCode;
  }
}

/** The CA's status in full, and what its failure bits mean. */
function statusLines(status: PKIStatusInfo, details: readonly string[]): readonly string[] {
  return [
    `status: ${formatStatus(status)}`,
    ...details.map((detail) => `details: ${detail}`),
    ...(status.failInfo ?? []).map(
      (bit) => `${bit}: ${failureMeaning[bit] ?? 'unknown to this version'}`,
    ),
  ];
}
