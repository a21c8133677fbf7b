import { CertError } from '../base/errors.ts';

/** Where notifications go, as the operator has set it and the store has it. Without secrets: these are apart. */
export type Destination =
  | SnmpDestination
  | WebhookDestination
  | CommandDestination
  | LogDestination;

/** A receiver of SNMP. */
export type SnmpDestination = SnmpCommunityDestination | SnmpUserDestination;

interface SnmpReceiver {
  readonly type: 'snmp';
  readonly name: string;
  /** Name or address, of IPv4 or IPv6. */
  readonly host: string;
  /** 162 */
  readonly port: number;
  /** Of a name; that of an address shows. Absent: IPv4. */
  readonly family?: 4 | 6;
  /** A trap arrives or does not, and nobody knows; an inform is answered, and sent again until it is. */
  readonly kind: 'trap' | 'inform';
  /** Of an inform, for the first answer; doubled with each retry. Absent: 2 s. */
  readonly timeoutMs?: number;
  /** Absent: 2. */
  readonly retries?: number;
}

/** A receiver of SNMP in the words of an operator, every usual value filled in; of version 2c, no more is looked at. */
export interface SnmpWords extends Pick<SnmpReceiver, 'name' | 'host' | 'port' | 'kind'> {
  readonly family?: 'ipv4' | 'ipv6' | undefined;
  /** Seconds. */
  readonly timeout: number;
  readonly retries: number;
  readonly version: '2c' | '3';
  readonly user: string;
  readonly auth: SnmpUserDestination['auth'];
  readonly priv: SnmpUserDestination['priv'];
}

/** Make a receiver of the words for it. */
export function snmpDestination(words: SnmpWords): SnmpDestination {
  const { name, host, port, kind, family, timeout, retries, version, user, auth, priv } = words;
  const receiver = {
    type: 'snmp',
    name,
    host,
    port,
    kind,
    ...(family !== undefined && { family: family === 'ipv6' ? (6 as const) : (4 as const) }),
    timeoutMs: timeout * 1000,
    retries,
  } as const;
  return version === '2c' ? { ...receiver, version } : { ...receiver, version, user, auth, priv };
}

/** SNMPv2c: the community goes over the wire in clear, and nothing is authentic. */
export interface SnmpCommunityDestination extends SnmpReceiver {
  readonly version: '2c';
}

/** SNMPv3 with authentication and privacy; there is no other level. */
export interface SnmpUserDestination extends SnmpReceiver {
  readonly version: '3';
  readonly user: string;
  readonly auth: 'sha256' | 'sha512';
  readonly priv: 'aes128' | 'aes256';
}

/** What an SNMP destination needs besides, in UTF-8. */
export interface SnmpSecrets {
  readonly community?: Uint8Array;
  readonly authKey?: Uint8Array;
  readonly privKey?: Uint8Array;
}

/** A server that takes JSON by POST. */
export interface WebhookDestination {
  readonly type: 'webhook';
  readonly name: string;
  readonly url: string;
  /** Plain http, also to another host. The body is signed, and can be read by all. */
  readonly allowPlainHttp?: boolean;
}

/** A program that is run for each notification. */
export interface CommandDestination {
  readonly type: 'command';
  readonly name: string;
  /** Absolute program, then its arguments: nothing in them is interpreted. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly timeoutSeconds: number;
}

/** A file that takes lines. */
export interface LogDestination {
  readonly type: 'log';
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** Tell whether what fails is tried again: of a trap nobody knows whether it failed. */
export function isRetried(destination: Destination): boolean {
  return destination.type !== 'snmp' || destination.kind === 'inform';
}

/** RFC 3414 section 11.2. */
const leastKeyCharacters = 8;

/** SnmpAdminString (SIZE (1..32)), of usmUserName. */
const maxUserOctets = 32;

/**
 * Check what the types cannot say of an SNMP destination.
 *
 * @throws {CertError} CONFIG_INVALID; never with a secret in it
 */
export function checkSnmpDestination(destination: SnmpDestination, secrets: SnmpSecrets): void {
  const { name, port, host } = destination;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw invalid(name, `port ${port} is not 1..65535`, 'Receivers listen on 162');
  if (!/^[A-Za-z0-9.:_%-]+$/.test(host))
    throw invalid(name, `${JSON.stringify(host)} is no host`, 'Give a name or an address');
  if (destination.version === '2c') {
    if (secrets.community === undefined || secrets.community.length === 0)
      throw invalid(name, 'it has no community', 'Set it with "community"');
    return;
  }
  const { user } = destination;
  const length = Buffer.byteLength(user, 'utf8');
  if (length < 1 || length > maxUserOctets)
    throw invalid(name, `its user has ${length} octets, and not 1..32`, 'Choose another user');
  for (const [what, key] of [
    ['auth-key', secrets.authKey],
    ['priv-key', secrets.privKey],
  ] as const) {
    if (key === undefined)
      throw invalid(name, `it has no ${what}`, 'SNMPv3 is sent with authentication and privacy');
    if (new TextDecoder().decode(key).length < leastKeyCharacters)
      throw invalid(name, `its ${what} is too short`, 'RFC 3414 wants 8 characters at the least');
  }
}

function invalid(name: string, why: string, hint: string): CertError {
  return new CertError('CONFIG_INVALID', `Cannot use destination "${name}": ${why}`, { hint });
}
