import { snmpDestination, type Destination, type SnmpDestination } from '../traps/destination.ts';
import type { ConfigContext, Words } from './entry.ts';
import { formatDuration } from './leaves.ts';
import type { SnmpDestinationWords } from './words-notifications.ts';

/** Write a destination in the words of the file, without its secrets; what is as usual is left out. */
export function wordsOfDestination(destination: Destination): Words {
  switch (destination.type) {
    case 'snmp':
      return wordsOfSnmp(destination);
    case 'webhook':
      return { url: destination.url, 'plain-http': destination.allowPlainHttp };
    case 'command': {
      const { command, timeoutSeconds } = destination;
      return { command, timeout: formatDuration(timeoutSeconds) };
    }
    case 'log':
      return { file: destination.path };
  }
}

function wordsOfSnmp(destination: SnmpDestination): Words {
  const { host, port, kind, version, family, timeoutMs = 2000, retries = 2 } = destination;
  return {
    host,
    port,
    version,
    kind,
    family: family && `ipv${family}`,
    timeout: formatDuration(timeoutMs / 1000),
    retries,
    ...(destination.version === '3' && {
      user: destination.user,
      auth: destination.auth,
      priv: destination.priv,
    }),
  };
}

/** Make a receiver of SNMP of what the file says. @returns undefined when that does not go together, which is told */
export function destinationOfSnmp(
  { faults }: Pick<ConfigContext, 'faults'>,
  name: string,
  words: SnmpDestinationWords,
): SnmpDestination | undefined {
  const { host, port = 162, version = '3', kind = 'inform', user, family } = words;
  const { auth = 'sha256', priv = 'aes128', timeout = 2, retries = 2 } = words;
  const fault = (key: string, why: string): undefined => {
    faults.add(['snmp', 'destination', name, key], why);
    return undefined;
  };
  const said = { name, host, port, kind, family, timeout, retries, version, auth, priv };
  if (version === '2c') {
    const others = ['user', 'auth', 'auth-key', 'priv', 'priv-key'] as const;
    const other = others.find((key) => words[key] !== undefined);
    if (other !== undefined) return fault(other, 'it is of version 3');
    return snmpDestination({ ...said, user: '' });
  }
  if (words.community !== undefined) return fault('community', 'it is of version 2c');
  if (user === undefined) return fault('user', 'it is missing');
  return snmpDestination({ ...said, user });
}
