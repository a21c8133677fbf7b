import { CertError } from '../base/errors.ts';
import { quoted } from '../base/quoted.ts';
import { parseName } from '../x509/name-text.ts';
import type { PeerIdentity } from './peer-identity.ts';

/**
 * Understand who a peer has to be: `dns:HOST`, `email:MAILBOX`, `ip:ADDRESS`, `uri:URI`, else a distinguished name.
 *
 * @throws {CertError} USAGE_INVALID, DN_INVALID
 */
export function parseIdentity(text: string): PeerIdentity {
  if (text.trim() === '') {
    throw new CertError('USAGE_INVALID', 'Cannot use an empty identity: that would be nobody', {
      hint: 'Leave it out where anybody the policy accepts will do',
    });
  }
  const [, kind = '', value = ''] = /^(dns|email|ip|uri):(.+)$/is.exec(text) ?? [];
  switch (kind.toLowerCase()) {
    case 'dns':
      return { type: 'dNSName', value };
    case 'email':
      return { type: 'rfc822Name', value };
    case 'uri':
      return { type: 'uniformResourceIdentifier', value };
    case 'ip':
      return { type: 'iPAddress', value: addressOctets(value) };
    default:
      if (!text.includes('=')) {
        throw new CertError(
          'USAGE_INVALID',
          `Cannot use ${quoted(text)} as identity: not KIND:VALUE`,
          {
            hint: 'Write dns:gw1.example, ip:192.0.2.1, email:ops@example.org, uri:urn:gw:1 or a name such as "CN=gw1,O=Example"',
          },
        );
      }
      return { type: 'directoryName', value: parseName(text) };
  }
}

/** Say who a peer at a host has to be, as a TLS client knows it: by its name, or by its IP address. */
export function hostIdentity(host: string): PeerIdentity {
  const address = octetsOf(host.replace(/^\[(.*)\]$/, '$1'));
  if (address) return { type: 'iPAddress', value: address };
  // A dot at the end says that a name is whole, and stands in no certificate (RFC 9525 section 6.3).
  return { type: 'dNSName', value: host.replace(/\.$/, '') };
}

function addressOctets(text: string): Uint8Array {
  const octets = octetsOf(text);
  if (octets) return octets;
  throw new CertError('USAGE_INVALID', `Cannot use ${quoted(text)} as identity: no IP address`, {
    hint: 'Give one like ip:192.0.2.1 or ip:2001:db8::1',
  });
}

function octetsOf(text: string): Uint8Array | undefined {
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length === 4 && parts.every((part) => part < 256)) return Uint8Array.from(parts);
  const groups = sixteen(text);
  return groups && Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

/** The eight groups of an IPv6 address; one "::" stands for those that are left out. */
function sixteen(text: string): readonly number[] | undefined {
  const [front = '', back, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const [head, tail] = [groupsOf(front), groupsOf(back ?? '')];
  const missing = 8 - head.length - tail.length;
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return all.includes(-1) ? undefined : all;
}

function groupsOf(part: string): readonly number[] {
  if (part === '') return [];
  return part
    .split(':')
    .map((group) => (/^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : -1));
}
