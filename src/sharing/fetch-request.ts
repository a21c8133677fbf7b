import { CertError } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import {
  explicit,
  fromDer,
  optional,
  sequence,
  sequenceOf,
  toDer,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { limited } from '../asn1/limited.ts';
import { integer, octetString } from '../asn1/primitives.ts';
import { utf8String } from '../asn1/strings.ts';
import { generalizedTime } from '../asn1/times.ts';
import { Certificate } from '../x509/certificate.ts';

/** The certificate that whoever asks has already. */
export interface CertificateHad {
  /** SHA-256 of its DER. */
  readonly hash: Uint8Array;
  readonly notAfter: Date;
}

/** What one agent asks another for: the certificate of a name, if it ends later than the one that is had. */
export interface FetchRequest {
  readonly name: Label;
  /** What leads from the certificate shown in TLS to a root: a TLS server of Node.js does not tell what came along there. */
  readonly chain: readonly Certificate[];
  /** Absent: there is none yet. */
  readonly had?: CertificateHad;
}

/** Longest request: three issuers of 8 KiB, as those with keys and signatures of RSA-8192 have. What is usual has 1 KiB. */
export const MAX_FETCH_REQUEST_OCTETS: number = 32 * 1024;

/** Issuers of the certificate of a node; with it, as many as a path may have. */
const MAX_CHAIN = 7;

/** There is one so far; what a later one has in it, this one must not guess at. */
const VERSION = 1;

// oxfmt-ignore
const CertificateHad: TaggedCodec<CertificateHad> = sequence<CertificateHad>('CertificateHad', {
  hash:     limited(octetString, 2 + 32),
  notAfter: generalizedTime,
});

interface Written {
  readonly version: number;
  readonly name: string;
  readonly chain: readonly Certificate[];
  readonly had?: CertificateHad;
}

// oxfmt-ignore
const Written: TaggedCodec<Written> = sequence<Written>('FetchRequest', {
  version: integer,
  name:    limited(utf8String, 2 + 64),
  chain:   sequenceOf(Certificate, { max: MAX_CHAIN }),
  had:     optional(explicit(0, CertificateHad)),
});

/** Write a request. */
export function encodeFetchRequest(request: FetchRequest): Uint8Array {
  return toDer(Written, { version: VERSION, ...request });
}

/**
 * Read a request of a peer.
 *
 * @throws {CertError} DER_MALFORMED: no request of this version, or no name in it; LIMIT_EXCEEDED
 */
export function decodeFetchRequest(der: Uint8Array): FetchRequest {
  const { version, name, chain, had } = fromDer(Written, der, {
    maxOctets: MAX_FETCH_REQUEST_OCTETS,
    maxDepth: 20,
    maxElements: 5000,
  });
  if (version !== VERSION || !isLabel(name)) {
    throw new CertError(
      'DER_MALFORMED',
      version === VERSION
        ? 'Cannot read the request of an agent: the name in it is none'
        : `Cannot read the request of an agent: it has version ${version}, expected ${VERSION}`,
    );
  }
  return { name, chain, ...(had && { had }) };
}
