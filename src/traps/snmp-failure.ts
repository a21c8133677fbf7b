import type { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import type { Notification } from './alarms/notification.ts';
import type { SnmpDestination } from './destination.ts';
import { unauthenticated } from './own-engine.ts';
import { failed } from './sender.ts';

/** What a receiver reports of a message of version 3 (RFC 3414 section 3.2), in the library's words and in ours. */
const reports: ReadonlyMap<string, readonly [why: string, hint: string]> = new Map([
  [
    'Unsupported Security Level',
    ['it does not support authPriv for this user', 'Set up the user there with both keys'],
  ],
  [
    'Not In Time Window',
    [
      'it takes the message for too old',
      'Try again; look at the clock of the receiver if it lasts',
    ],
  ],
  ['Unknown User Name', ['it does not know the user', 'Create the user at the receiver']],
  ['Unknown Engine ID', ['it does not know the engine', 'Try again']],
  [
    'Wrong Digest (incorrect password, community or key)',
    ['the authentication key is wrong', 'Compare auth-key and protocol with those at the receiver'],
  ],
  [
    'Decryption Error',
    ['the privacy key is wrong', 'Compare priv-key and protocol with those at the receiver'],
  ],
]);

const localReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  ENETUNREACH: 'there is no route to its network',
  EHOSTUNREACH: 'there is no route to it',
  EACCES: 'this machine does not let us send to it',
  EPERM: 'this machine does not let us send to it',
  EMSGSIZE: 'the message is too long',
};

/**
 * Say in our own words what sending failed of. The library's error goes no further: some have a community, keys, or
 * digests made with them inside.
 */
export function snmpFailure(
  error: unknown,
  notification: Notification,
  destination: SnmpDestination,
): CertError {
  const { name, version } = destination;
  const where = `"${name}" (${hostPortText(destination)})`;
  const secret = version === '2c' ? 'the community' : 'user and keys';
  const because = (why: string, hint: string): CertError => failed(notification, where, why, hint);
  if (error === unauthenticated)
    return because('its answer is not authentic', 'Somebody may be answering in its place');
  const { name: kind, message, code } = partsOf(error);
  if (kind === 'RequestTimedOutError') {
    const hint = `Check that it listens there, and ${secret}: a receiver may be silent about what it does not take`;
    return because('there was no answer', hint);
  }
  const report = reports.get(message);
  if (report !== undefined) return because(...report);
  if (kind === 'RequestFailedError')
    return because('it refused the message', 'See the log of the receiver');
  if (kind === 'ResponseInvalidError')
    return because('its answer cannot be believed', `Compare ${secret} with those at the receiver`);
  return because(
    localReasons[code] ?? `it failed here${/^E[A-Z0-9_]+$/.test(code) ? ` with ${code}` : ''}`,
    'Check host, port and the network',
  );
}

function partsOf(error: unknown): { name: string; message: string; code: string } {
  if (!(error instanceof Error)) return { name: '', message: '', code: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { name: error.name, message: error.message, code };
}
