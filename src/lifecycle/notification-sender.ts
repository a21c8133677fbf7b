import type { Clock } from '../base/clock.ts';
import { appendLine } from '../deploy/append-line.ts';
import { complaintOf, lastWords, plainEnvironment, runCommand } from '../deploy/run-command.ts';
import { commandSender, type RunProgram } from '../traps/command-sender.ts';
import type { Destination } from '../traps/destination.ts';
import { logSender } from '../traps/log-sender.ts';
import type { NotificationSender } from '../traps/sender.ts';
import type { SnmpEngine } from '../traps/snmp-engine.ts';
import { snmpSender } from '../traps/snmp-sender.ts';
import { webhookSender } from '../traps/webhook-sender.ts';

/** What making a sender needs beside its destination. */
export interface SenderContext {
  readonly clock: Pick<Clock, 'now'>;
  /** The engine of this process, started when it is asked for first. */
  engine(): Promise<{ readonly engine: SnmpEngine; readonly uptimeMs: () => number }>;
  readonly baseOid: string;
}

/**
 * Make the way to a destination.
 *
 * @throws {CertError} CONFIG_INVALID, as the sender of its type
 */
export async function senderFor(
  destination: Destination,
  secrets: ReadonlyMap<string, Uint8Array>,
  { clock, engine, baseOid }: SenderContext,
): Promise<NotificationSender> {
  switch (destination.type) {
    case 'snmp': {
      const [community, authKey, privKey] = [
        secrets.get('community'),
        secrets.get('auth-key'),
        secrets.get('priv-key'),
      ];
      return snmpSender({
        destination,
        secrets: {
          ...(community && { community }),
          ...(authKey && { authKey }),
          ...(privKey && { privKey }),
        },
        ...(await engine()),
        baseOid,
      });
    }
    case 'webhook': {
      const secret = secrets.get('secret') ?? new Uint8Array();
      return webhookSender({ destination, secret, clock });
    }
    case 'command':
      return commandSender(destination, runProgram);
    case 'log': {
      const { path } = destination;
      return logSender(destination, (line) => appendLine(path, line));
    }
  }
}

const runProgram: RunProgram = async ({ env, timeoutMs, ...program }) => {
  const { result, output } = await runCommand({
    ...program,
    env: { ...plainEnvironment, ...env },
    timeoutMs,
  });
  const complaint = complaintOf(result, timeoutMs);
  return complaint === undefined ? undefined : `${complaint}${lastWords(output)}`;
};
