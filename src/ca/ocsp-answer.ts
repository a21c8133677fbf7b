import { CertError } from '../base/errors.ts';
import { oids } from '../asn1/oids.ts';
import type { Random } from '../base/random.ts';
import type { Extensions } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';
import type { OCSPRequest } from '../x509/ocsp-request.ts';
import type { OCSPResponseStatus } from '../x509/ocsp-response.ts';
import type { Authorities, Authority } from './authority.ts';
import type { LabSettings } from './lab-settings.ts';
import type { Ledger } from './ledger.ts';
import type { OcspDraft } from './ocsp-draft.ts';
import { delegateOf } from './ocsp-signer.ts';
import { certStatusOf, issuerNamed } from './ocsp-status.ts';

/** What answering needs. */
export interface Answering {
  readonly ledger: Ledger;
  readonly authorities: Authorities;
  readonly settings: Pick<LabSettings, 'ocspSigner' | 'ocspValiditySeconds' | 'ocspNonce'>;
  readonly random: Random;
}

/** Why there is no response, in the words that nobody signs. */
export type OcspErrorStatus = Exclude<OCSPResponseStatus, 'successful'>;

/** A client asks about one certificate, or about those of a chain. */
const MAX_REQUESTED = 100;

/** RFC 9654 section 2.1: longer ones are malformed. */
const MAX_NONCE_OCTETS = 128;

/**
 * Say all that a request asks for, by one CA: issuing and root sign for themselves, and the issuing CA by a delegate
 * unless that is set otherwise. Who asks about certificates of somebody else, or of both, is unauthorized (RFC 5019
 * section 2.2.3).
 */
export async function ocspDraftOf(
  { tbsRequest }: OCSPRequest,
  now: Date,
  lab: Answering,
): Promise<OcspDraft | OcspErrorStatus> {
  const { requestList, requestExtensions } = tbsRequest;
  const nonce = nonceIn(requestExtensions);
  const isUnderstood = requestList.every((one) => isIgnorable(one.singleRequestExtensions));
  if (nonce === 'malformed' || !isIgnorable(requestExtensions) || !isUnderstood) {
    return 'malformedRequest';
  }
  const [first] = requestList;
  if (!first || requestList.length > MAX_REQUESTED) return 'malformedRequest';
  const issuer = issuerNamed(first.reqCert, lab.authorities);
  if (issuer === undefined) return 'unauthorized';
  const { settings, authorities } = lab;
  const delegate =
    issuer === 'issuing' && settings.ocspSigner === 'delegate'
      ? await delegateOf(authorities, lab.ledger, lab.random)
      : undefined;
  const signer: Authority = delegate ?? authorities[issuer];
  const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + settings.ocspValiditySeconds * 1000);
  const responses = [];
  for (const { reqCert: certID } of requestList) {
    if (issuerNamed(certID, authorities) !== issuer) return 'unauthorized';
    const certStatus = await certStatusOf(certID, issuer, lab, delegate);
    responses.push({ certID, certStatus, thisUpdate, nextUpdate });
  }
  return {
    responses,
    producedAt: thisUpdate,
    signer,
    certs: delegate ? [delegate.certificate] : [],
    ...(nonce && settings.ocspNonce === 'echo' && { nonce }),
  };
}

/** RFC 6960 section 4.4: what is not known may be ignored, unless it says that it may not. */
function isIgnorable(extensions: Extensions | undefined): boolean {
  return (
    extensions?.every(({ extnID, critical }) => !critical || extnID === oids.ocspNonce) ?? true
  );
}

function nonceIn(extensions: Extensions | undefined): Uint8Array | 'malformed' | undefined {
  try {
    const nonce = extensionValue(extensions, 'ocspNonce', 'strictly');
    if (nonce === undefined) return undefined;
    return nonce.length > 0 && nonce.length <= MAX_NONCE_OCTETS ? nonce : 'malformed';
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return 'malformed';
    throw error;
  }
}
