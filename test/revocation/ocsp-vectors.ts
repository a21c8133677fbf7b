import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/asn1/pem.ts';
import type { OcspRules, ResponderRules } from '../../src/revocation/ocsp-rules.ts';
import { decodeCertificate, type Certificate } from '../../src/x509/certificate.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../../src/x509/ocsp-response.ts';

const vectors = join(import.meta.dirname, '../vectors/ocsp');

/** Read a response that OpenSSL made. */
export function responseFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(vectors, `${name}.der`)));
}

/** Read a certificate of those responses. */
export function certificateFile(name: string): Certificate {
  const [block] = decodePem(readFileSync(join(vectors, `${name}.crt`), 'utf8'));
  if (!block) throw new Error(`no certificate in ${name}.crt`);
  return decodeCertificate(block.der);
}

/** A minute after a response was made. */
export function minuteAfter(octets: Uint8Array): Date {
  const { responseBytes } = decodeOcspResponse(octets);
  if (!responseBytes) throw new Error('no response inside');
  const { producedAt } = decodeBasicOcspResponse(responseBytes.response).tbsResponseData;
  return new Date(producedAt.getTime() + 60_000);
}

/** Rules of an object with nothing set but whom it believes. */
export function rulesFor(responders: ResponderRules, rest: Partial<OcspRules> = {}): OcspRules {
  return {
    responders,
    policy: { allowLegacy: false },
    nonce: 'off',
    maxResponseOctets: 65_536,
    maxAgeSeconds: -1,
    clockSkewSeconds: 0,
    rejectMissingNextUpdate: false,
    ...rest,
  };
}

/** What a group of CAs makes of responders; criteria as RFC 6960 has them. */
export function chainOf(
  members: readonly Certificate[],
  rest: {
    readonly trusted?: readonly Certificate[];
    readonly issuerCriteriaCheck?: boolean;
    readonly acceptTrustedRoot?: boolean;
  } = {},
): ResponderRules {
  const { trusted = [], issuerCriteriaCheck = true, acceptTrustedRoot = false } = rest;
  return {
    type: 'ca-chain',
    members: members.map((certificate) => ({
      certificate,
      trustOcspSigning: trusted.includes(certificate),
    })),
    issuerCriteriaCheck,
    acceptTrustedRoot,
  };
}
