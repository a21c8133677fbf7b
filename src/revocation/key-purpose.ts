import { oids, type Oid } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { KeyUsageBit } from '../x509/extension-values.ts';
import { readCertificate, type PathCertificate } from './path-certificate.ts';
import { failure, type Failure, type PathFailure } from './path-failure.ts';

/** What the key of a peer is used for. */
export type KeyPurpose =
  | {
      readonly type: 'ike';
      /** Take serverAuth and clientAuth as well, which many gateways have and nothing else; true by default. */
      readonly acceptTlsUsages?: boolean;
    }
  | { readonly type: 'tls-client' }
  | { readonly type: 'tls-server' };

/**
 * Check that a certificate is good for a purpose: by extKeyUsage and keyUsage, as far as these are there. Whatever it
 * is, this does not throw.
 *
 * @see RFC 4945 sections 5.1.3.2 and 5.1.3.12, RFC 5280 sections 4.2.1.3 and 4.2.1.12
 */
export function checkPurpose(
  certificate: Certificate,
  purpose: KeyPurpose,
): Failure<PathFailure | 'wrong-purpose'> | undefined {
  const reading = readCertificate(certificate);
  if (reading.type === 'refused') return reading.failure;
  const { extKeyUsage, keyUsage } = reading.value;
  const usages = usagesFor(purpose);
  if (extKeyUsage && !extKeyUsage.some((usage) => usages.has(usage))) {
    return refuse(certificate, `extended key usage for ${words[purpose.type]}`);
  }
  const bits = bitsFor(purpose, reading.value);
  if (keyUsage && !keyUsage.some((bit) => bits.includes(bit))) {
    return refuse(
      certificate,
      `keyUsage with ${bits.join(' or ')}, as ${words[purpose.type]} needs`,
    );
  }
  return undefined;
}

const words: Readonly<Record<KeyPurpose['type'], string>> = {
  ike: 'IKE',
  'tls-client': 'TLS clients',
  'tls-server': 'TLS servers',
};

function usagesFor(purpose: KeyPurpose): ReadonlySet<Oid> {
  const { anyExtendedKeyUsage: any, ipsecIKE, clientAuth, serverAuth } = oids;
  if (purpose.type === 'tls-client') return new Set([any, clientAuth]);
  if (purpose.type === 'tls-server') return new Set([any, serverAuth]);
  const { acceptTlsUsages = true } = purpose;
  return new Set([any, ipsecIKE, ...(acceptTlsUsages ? [clientAuth, serverAuth] : [])]);
}

function bitsFor(purpose: KeyPurpose, { certificate }: PathCertificate): readonly KeyUsageBit[] {
  if (purpose.type === 'ike') return ['digitalSignature', 'nonRepudiation'];
  const { algorithm } = certificate.tbsCertificate.subjectPublicKeyInfo.algorithm;
  // Only with RSA can a TLS client encrypt to the key of a server.
  const isRsaServer = purpose.type === 'tls-server' && algorithm === oids.rsaEncryption;
  return isRsaServer ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
}

function refuse(certificate: Certificate, what: string): Failure<'wrong-purpose'> {
  return failure(certificate, 'wrong-purpose', `has no ${what}`);
}
