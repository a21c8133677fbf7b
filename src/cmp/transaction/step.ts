import { CertError } from '../../base/errors.ts';
import type { VerifiedContent } from '../../cms/verify-signed-data.ts';
import type { GeneratedKey } from '../../crypto/keys.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { CertOrEncCert } from '../message/cert-rep-message.ts';
import type { InfoTypeAndValue } from '../message/info-type-and-value.ts';
import type { BodyType, PKIBody } from '../message/pki-message.ts';
import type { PKIStatusInfo } from '../message/pki-status-info.ts';
import type { Phase } from './state.ts';

/**
 * The enrollment of RFC 9810 sections 5.3.1 to 5.3.6, 5.3.18 and 5.3.22 as a function from state and
 * verified message to what happens next. Nothing here sends, waits, reads a clock or stores.
 */
export type Step =
  /** Send this body next. */
  | { readonly type: 'send'; readonly phase: Phase; readonly body: PKIBody }
  /** Wait, then `resume`. */
  | { readonly type: 'wait'; readonly phase: Phase & { type: 'waiting' }; readonly text?: string }
  /** Decrypt what came encrypted, then judge it. */
  | { readonly type: 'open'; readonly sealed: Sealed }
  /** Judge the certificate, then `accept` or `refuse` it. */
  | { readonly type: 'judge'; readonly issued: Issued }
  /** Nothing is left to send. */
  | { readonly type: 'done'; readonly outcome: Outcome };

/** A certificate as the CA handed it over: not judged yet. */
export interface Issued {
  readonly certificate: Certificate;
  /** What may complete its chain; never anchors. */
  readonly extraCerts: readonly Certificate[];
  /** From an ip only; what they are worth is the CA profile's business. */
  readonly caPubs: readonly Certificate[];
  /** From a cp or kup, where there should be none: for saying so. */
  readonly ignoredCaPubs: readonly Certificate[];
  /** The shared secret protects the message: it authorises whoever made a key, and may vouch for caPubs. */
  readonly isUnderMac: boolean;
  readonly certReqId: number;
  /** accepted, or grantedWithMods. */
  readonly status: PKIStatusInfo;
  readonly implicitConfirm: boolean;
  /** The key the CA made for it, opened; present exactly when it was asked to. */
  readonly generated?: GeneratedForUs;
  /** The CA takes certConf until then, on our clock. */
  readonly confirmBefore?: Date;
}

/** A key the CA made for us, which fits the certificate. */
export interface GeneratedForUs {
  readonly key: GeneratedKey;
  /** Who signed it, not judged yet; absent under the shared secret, which authorises enough. */
  readonly generator?: VerifiedContent;
}

/** An answer of which something is encrypted for us. */
export interface Sealed {
  /** What is not encrypted. */
  readonly around: Omit<Issued, 'certificate' | 'generated'>;
  readonly certOrEncCert: CertOrEncCert;
  /** EncryptedKey. */
  readonly privateKey?: Uint8Array;
}

/** How a transaction ended. */
export type Outcome =
  | { readonly type: 'granted' }
  | { readonly type: 'refused'; readonly reason: string }
  | {
      readonly type: 'rejected';
      readonly status: PKIStatusInfo;
      readonly details: readonly string[];
      /** Anyone could have said it: the CA profile takes unprotected errors. */
      readonly isUnauthenticated?: true;
      /** What a new attempt may go by: the CA's clock and version, from a verified message only. */
      readonly said?: { readonly messageTime?: Date; readonly pvno: number };
    }
  /** The answer to our certConf was a rejection: the certificate may be revoked. */
  | { readonly type: 'unconfirmed'; readonly status: PKIStatusInfo }
  /** An rp said accepted, or grantedWithMods: what that means is the use case's business (EJBCA waits for approval). */
  | { readonly type: 'revoked'; readonly status: PKIStatusInfo }
  /** A genp came, its item as it stands; nothing in it has been checked. */
  | {
      readonly type: 'informed';
      readonly item: InfoTypeAndValue;
      /** What may complete the path of who signed a CRL; never anchors. */
      readonly extraCerts: readonly Certificate[];
    };

/** What bounds the waiting. */
export interface WaitLimits {
  readonly minPollSeconds: number;
}

/** Refuse a body of the wrong type. */
export function unexpected(got: BodyType, wanted: BodyType): CertError {
  return new CertError('CMP_BODY_UNEXPECTED', `Cannot accept "${got}": expected "${wanted}"`);
}

/** Refuse a body of the right type with the wrong contents. */
export function invalid(body: BodyType, why: string): CertError {
  return new CertError('CMP_RESPONSE_INVALID', `Cannot accept "${body}": ${why}`);
}
