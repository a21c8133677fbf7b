import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import type { DestinationRecord } from '../store/notifications-contract.ts';
import type { Destination } from '../traps/destination.ts';

/** Write a destination down for the store; its secrets are apart. */
export function encodeDestination(destination: Destination): string {
  return JSON.stringify(destination);
}

/**
 * Read what `encodeDestination` wrote.
 *
 * @throws {CertError} STORE_CORRUPT
 */
export function decodeDestination({ name, settings }: DestinationRecord): Destination {
  const value: Destination | null = JSON.parse(settings);
  if (typeof value === 'object' && value !== null && 'type' in value) return value;
  throw new CertError('STORE_CORRUPT', `Cannot read destination "${name}": it is not as written`, {
    hint: 'Remove it and set it anew',
  });
}

/** Say where a destination leads, in a line without secrets. */
export function destinationText(destination: Destination): string {
  switch (destination.type) {
    case 'snmp': {
      const { kind } = destination;
      const where = hostPortText(destination);
      if (destination.version === '2c') return `SNMP v2c ${kind} to ${where}`;
      const { user, auth, priv } = destination;
      return `SNMP v3 ${kind} to ${where} as ${user} (${auth}, ${priv})`;
    }
    case 'webhook':
      return `POST to ${destination.url}`;
    case 'command':
      return `run ${destination.command.join(' ')}`;
    case 'log':
      return `append to ${destination.path}`;
  }
}
