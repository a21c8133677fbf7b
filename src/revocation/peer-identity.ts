import { bytesEqual } from '../base/bytes.ts';
import type { Certificate } from '../x509/certificate.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { isNullDn, sameName } from '../x509/name.ts';
import { readCertificate } from './path-certificate.ts';
import { failure, type Failure, type PathFailure } from './path-failure.ts';

/**
 * Who a peer is expected to be: what an IKE identity payload can carry (RFC 7296 section 3.5), and what a TLS client
 * looks for.
 */
export type PeerIdentity = Extract<
  GeneralName,
  {
    readonly type:
      | 'directoryName'
      | 'dNSName'
      | 'rfc822Name'
      | 'iPAddress'
      | 'uniformResourceIdentifier';
  }
>;

/** How host names are compared: IKE knows no wildcards (RFC 4945 section 3.1), TLS does (RFC 9525 section 6.3). */
export type HostMatching = 'exact' | 'wildcards';

/**
 * Check that a certificate is of whom it is expected to be: its subject equals a directoryName as a whole, or one of its
 * subjectAltName of the same form equals the identity. A commonName stands for no host. Whatever the certificate is,
 * this does not throw.
 */
export function checkIdentity(
  certificate: Certificate,
  identity: PeerIdentity,
  hosts: HostMatching = 'exact',
): Failure<PathFailure | 'wrong-identity'> | undefined {
  const reading = readCertificate(certificate);
  if (reading.type === 'refused') return reading.failure;
  const { subjectAltName = [] } = reading.value;
  const { subject } = certificate.tbsCertificate;
  const names: readonly GeneralName[] = [
    { type: 'directoryName', value: subject },
    ...subjectAltName,
  ];
  // An empty name is nobody's: certificates with an empty subject would all be his.
  if (!isEmpty(identity) && names.some((name) => isSameIdentity(name, identity, hosts)))
    return undefined;
  const what = `is not of "${formatGeneralName(identity).slice(0, 200)}"`;
  return failure(certificate, 'wrong-identity', what);
}

function isEmpty(identity: PeerIdentity): boolean {
  return identity.type === 'directoryName' ? isNullDn(identity.value) : identity.value.length === 0;
}

function isSameIdentity(name: GeneralName, wanted: PeerIdentity, hosts: HostMatching): boolean {
  switch (wanted.type) {
    case 'directoryName':
      return name.type === wanted.type && sameName(name.value, wanted.value);
    case 'dNSName':
      return name.type === wanted.type && isSameHost(name.value, wanted.value, hosts);
    case 'rfc822Name':
      return name.type === wanted.type && mailboxKey(name.value) === mailboxKey(wanted.value);
    case 'iPAddress':
      return name.type === wanted.type && bytesEqual(name.value, wanted.value);
    case 'uniformResourceIdentifier':
      return name.type === wanted.type && name.value === wanted.value;
  }
}

/** RFC 9525 section 6.3: a wildcard is the whole of the left-most label, and stands for one. */
function isSameHost(name: string, wanted: string, hosts: HostMatching): boolean {
  const given = asciiLower(name);
  const host = asciiLower(wanted);
  if (hosts === 'exact' || !given.startsWith('*.')) return given === host;
  const dot = host.indexOf('.');
  // Below a domain of one label there are all of its hosts, which nobody speaks for.
  const isBelow = dot > 0 && given.slice(1) === host.slice(dot);
  return isBelow && /^\*(?:\.[^.]+){2,}$/.test(given);
}

/** Host names are ASCII: toLowerCase() makes a "k" of U+212A. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** RFC 5280 section 7.5: the host has no case, what is before it may have. */
function mailboxKey(mailbox: string): string {
  const at = mailbox.lastIndexOf('@') + 1;
  return mailbox.slice(0, at) + asciiLower(mailbox.slice(at));
}
