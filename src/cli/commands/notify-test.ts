import { askAgent } from '../../agent/control-client.ts';
import { decodeDestination, destinationText } from '../../lifecycle/destination-settings.ts';
import { tryDestination } from '../../agent/try-destination.ts';
import { isRetried, type Destination } from '../../traps/destination.ts';
import { agentSocket } from '../agent-socket.ts';
import type { Body } from '../command.ts';
import { failCommand } from '../failure.ts';
import type { destinationNameParameters } from '../parameters-notify.ts';

/** What a destination of each kind may have otherwise than it is set here. */
const expectedOf: Readonly<Record<Destination['type'], string>> = {
  snmp: ': community, or user, auth-key and priv-key with their protocols, as "certkeeper snmp destination add" sets them',
  webhook: ': its URL, and the secret of the webhook',
  command: ': that the program can be run, and ends with exit code 0',
  log: '',
};

/** Send a test notification, and say what became of it. */
export const run: Body<typeof destinationNameParameters> = async ({ name }, context) => {
  const { print } = context;
  const services = await context.services();
  const nudge = () => askAgent(agentSocket(context), 'notify');
  const { result, text = '', byAgent, ms } = await tryDestination(services, name, nudge);
  const record = await services.store.destinations.get(name);
  const destination = record && decodeDestination(record);
  const to = destination === undefined ? '' : ` (${destinationText(destination)})`;
  const json = { name, result, byAgent, ms };
  if (result === 'taken') {
    const isAnswered = destination !== undefined && isRetried(destination);
    print.done(
      { ...json, isAnswered },
      isAnswered
        ? `"${name}"${to} has taken the test notification, after ${ms} ms`
        : `The test notification is sent to "${name}"${to}; nobody answers a trap: look there whether it has arrived`,
    );
    return 0;
  }
  const message =
    result === 'failed' ? text : `Cannot tell what became of the test notification to "${name}"`;
  const hint =
    result === 'failed'
      ? `Check the destination, and what it expects${expectedOf[destination?.type ?? 'log']}`
      : 'Another process is sending; see "certkeeper show snmp"';
  return failCommand({ code: 'NOTIFICATION_FAILED', message, hint }, context, json);
};
