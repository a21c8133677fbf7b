import type { Certificate } from '../../x509/certificate.ts';
import type { CertificateList } from '../../x509/certificate-list.ts';
import type { Name } from '../../x509/name.ts';

/** What a peer's messages are believed on: the CA profile's settings, decoded. */
export interface Trust {
  /** Anchors for signers of CMP messages. extraCerts and caPubs are never among them. */
  readonly anchors: readonly Certificate[];
  /**
   * The anchors serve CMP and nothing else, so any certificate below them may sign. Otherwise the
   * signer has to be authorised (RFC 9483 section 3.4).
   */
  readonly anchorsAreDedicated: boolean;
  /** The one certificate answers may be signed with. */
  readonly pinned?: Certificate;
  /** A name that is authorised without being a CA or carrying an EKU. */
  readonly expectedSender?: Name;
  /**
   * The CA that issues for us. When it is known, only it, and RAs it issued, may sign; otherwise any CA and
   * any RA below the anchors: an issuing CA is replaced more often than anyone changes a profile.
   */
  readonly authority?: Name;
  readonly intermediates: readonly Certificate[];
  readonly allowLegacy: boolean;
  /** A signer may lack digitalSignature in its keyUsage: some CAs sign with the key of their certificates. */
  readonly ignoreKeyUsage?: boolean;
  /** CRLs of the CAs, their signatures checked: a signer on one of them is refused (R17). */
  readonly crls?: readonly CertificateList[];
  /** Without anchors, take the self-signed CA certificates that came along (TS 33.310 clause 9). */
  readonly firstUse?: boolean;
}

/** What answers are taken beyond RFC 9483: each only where a CA profile says so. */
export interface Tolerance {
  /** A signed answer to a request under the shared secret; its signer has to verify all the same. */
  readonly signedAnswers: boolean;
  /** An unprotected rejection as a final answer. It never is a yes. */
  readonly unprotectedErrors: boolean;
  /** A protected error that does not repeat our nonce. */
  readonly lenientErrorNonces: boolean;
}

/** RFC 9483 to the letter. */
export const strict: Tolerance = {
  signedAnswers: false,
  unprotectedErrors: false,
  lenientErrorNonces: false,
};
