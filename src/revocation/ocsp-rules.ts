import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Period, Revoked, Unavailable } from './verdict.ts';

/** A certificate that was configured to sign OCSP responses (RFC 6960 section 4.2.2.2, case 1). */
export interface SigningCert {
  readonly certificate: Certificate;
  /** The CAs whose certificates it may speak of: a responder of one must not vouch for those of another. */
  readonly speaksFor: 'its issuer' | 'any' | readonly Certificate[];
}

/** A CA of the group that responders are looked for below. */
export interface ChainMember {
  readonly certificate: Certificate;
  /** The operator trusts what is below this root for OCSP, though RFC 6960 does not. */
  readonly trustOcspSigning: boolean;
}

/** Whose signatures are believed. */
export type ResponderRules =
  /** The CA that issued the certificate, on a path that was verified, or one it named (section 4.2.2.2, cases 2 and 3). */
  | { readonly type: 'issuer' }
  | { readonly type: 'signing-certs'; readonly signingCerts: readonly SigningCert[] }
  | {
      readonly type: 'ca-chain';
      readonly members: readonly ChainMember[];
      /** The responder has to be the CA that issued the certificate, or one that CA has named. */
      readonly issuerCriteriaCheck: boolean;
      /** Another one will do if its root is trusted for OCSP. */
      readonly acceptTrustedRoot: boolean;
    };

/** What is made of the nonce: not sent, sent and compared if it comes back, or required back. */
export type NonceRule = 'off' | 'prefer' | 'require';

/** How a response is judged: the settings of an OCSP object, with its labels resolved. */
export interface OcspRules {
  readonly responders: ResponderRules;
  readonly policy: AlgorithmPolicy;
  readonly nonce: NonceRule;
  readonly maxResponseOctets: number;
  /** Oldest thisUpdate, in seconds; -1 for any. */
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  readonly rejectMissingNextUpdate: boolean;
  /** What is made of CRLs about a responder without id-pkix-ocsp-nocheck; left out, none is asked about. */
  readonly checkResponder?: ResponderCheck;
}

/**
 * How a responder is asked about, which the verification of a response does not do itself: by CRLs, and never by OCSP,
 * since it would be asked about itself. `crl`: one that is revoked is not believed; `strict`: nor is one that no CRL
 * vouches for.
 */
export type ResponderCheck = 'crl' | 'strict';

/** What was asked, and how the response came. */
export interface OcspExpectation {
  readonly certificate: Certificate;
  /** Who issued it, on the path that was verified. */
  readonly issuer: Certificate;
  readonly origin:
    /** The nonce that was sent, if one was. */
    { readonly type: 'query'; readonly nonce?: Uint8Array } | { readonly type: 'staple' };
}

/** What an operator has to know of a response that was accepted. */
export type OcspNote =
  /** Its signer is one RFC 6960 says MUST be rejected; the settings say otherwise. */
  | 'rfc6960-nonconforming'
  /** Nothing was asked so far, or nothing is known, about the responder's own certificate. */
  | 'responder-not-checked'
  /** It has no end, and none is set. */
  | 'no-age-bound'
  /** What brought it did not say that it was an OCSP response. */
  | 'content-type';

/** A response that was verified. */
export interface VerifiedResponse {
  readonly producedAt: Date;
  /** Who signed it; the issuer itself when that did. */
  readonly responder: Certificate;
  readonly notes: readonly OcspNote[];
}

/** What a response says of a certificate. */
export type OcspVerdict =
  | (VerifiedResponse & Period & { readonly type: 'good' | 'unknown' })
  | (VerifiedResponse &
      Revoked & {
        /** The responder knows of no such certificate (RFC 6960 section 2.2, extended definition). */
        readonly isNeverIssued: boolean;
      })
  | Unavailable;

/** Embedded certificates in a response: one for the responder, those above it, and some to spare. */
export const MAX_EMBEDDED_CERTIFICATES = 8;

/** Certificates from a responder up to below its root. */
export const MAX_RESPONDER_CHAIN = 4;

/** Signatures checked for one response: a certificate of each name on the way is enough for an honest one. */
export const MAX_SIGNATURE_CHECKS = 32;
