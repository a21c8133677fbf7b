import { toDer } from '../asn1/codec.ts';
import { CertError } from '../base/errors.ts';
import { ocspRequest, type OcspAbout } from '../revocation/ocsp-query.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { TBSRequest, type OCSPRequest } from '../x509/ocsp-request.ts';

/** A certificate of ours with its key, for queries that a responder wants to be signed. */
export interface RequestSigner {
  readonly certificate: Certificate;
  /** What goes along, nearest first. */
  readonly chain: readonly Certificate[];
  readonly algorithm: AlgorithmIdentifier;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/**
 * Build a request, with a signature if the settings name who signs (RFC 6960 section 4.1.2).
 *
 * @throws {CertError} KEY_UNUSABLE when nobody here can sign; what `signerOf` throws
 */
export async function signedRequest(
  about: OcspAbout,
  nonce: Uint8Array | undefined,
  name: string | undefined,
  signerOf: ((name: string) => Promise<RequestSigner>) | undefined,
): Promise<OCSPRequest> {
  if (name === undefined) return { tbsRequest: ocspRequest(about, nonce) };
  if (!signerOf) {
    throw new CertError(
      'KEY_UNUSABLE',
      `Cannot sign a query with "${name}": there are no keys here`,
    );
  }
  const { certificate, chain, algorithm, sign } = await signerOf(name);
  const tbsRequest = ocspRequest(about, nonce, certificate);
  const signature = await sign(toDer(TBSRequest, tbsRequest));
  return {
    tbsRequest,
    optionalSignature: {
      signatureAlgorithm: algorithm,
      signature,
      certs: [certificate, ...chain],
    },
  };
}
