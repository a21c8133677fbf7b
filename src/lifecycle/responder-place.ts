import { CertError } from '../base/errors.ts';
import { hostPortText, parseHostPort } from '../base/host-port.ts';
import { quoted } from '../base/quoted.ts';
import { parseIpAddress } from '../x509/general-name-text.ts';

/** Where servers of this machine ask. */
export interface ResponderPlace {
  /** An IP address. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Other addresses than those of the loopback may be listened on. */
  readonly isOpen: boolean;
}

/** Read ADDRESS:PORT. @throws {CertError} USAGE_INVALID, CONFIG_INVALID */
export function parseResponderPlace(place: string, isOpen: boolean): ResponderPlace {
  const read = parseHostPort(place);
  if (read === undefined) {
    throw new CertError('USAGE_INVALID', `Cannot listen on ${quoted(place)}: no address and port`, {
      hint: 'Give ADDRESS:PORT, as in 127.0.0.1:8889 or [::1]:8889',
    });
  }
  const parsed = { address: read.host, port: read.port, isOpen };
  assertResponderPlace(parsed);
  return parsed;
}

/** Write it as `parseResponderPlace` reads it. */
export function responderPlaceText({
  address,
  port,
}: Pick<ResponderPlace, 'address' | 'port'>): string {
  return hostPortText({ host: address, port });
}

/** Refuse a place that nobody said may be served. @throws {CertError} CONFIG_INVALID */
export function assertResponderPlace({ address, isOpen }: ResponderPlace): void {
  const octets = parseIpAddress(address);
  if (octets === undefined)
    refuse(address, 'not an address', 'Give an IP address, such as 127.0.0.1');
  else if (!isOpen && !isLoopback(octets)) {
    refuse(
      address,
      'it is not an address of the loopback',
      'Whoever reaches it has our place ask the responders of CAs; if that is meant, add open',
    );
  }
}

/** 127.0.0.0/8 or ::1. */
function isLoopback(octets: Uint8Array): boolean {
  if (octets.length === 4) return octets[0] === 127;
  return octets.every((octet, at) => octet === (at === 15 ? 1 : 0));
}

function refuse(address: string, why: string, hint: string): never {
  throw new CertError('CONFIG_INVALID', `Cannot answer OCSP requests on "${address}": ${why}`, {
    hint,
  });
}
