import type { ErrorClass, ErrorCode } from './errors.ts';

/** The CMP operations that may end in a certificate, by the name of the request body. */
export type CertOperation = 'ir' | 'cr' | 'kur' | 'p10cr';

/** The CMP operations, by the name of the request body. */
export type Operation = CertOperation | 'rr' | 'genm';

export type { ErrorClass } from './errors.ts';

/**
 * Something that happened to a certificate. The use cases hand it to the store, which writes history and
 * statistics from it in the same transaction as the change that made it true.
 */
export type LifecycleEvent = EventContext &
  (
    | { readonly type: 'requested'; readonly operation: Operation }
    | { readonly type: 'sent'; readonly body: string }
    | {
        readonly type: 'received';
        readonly body: string;
        /** PKIStatus by its RFC name, where the body has one. */
        readonly status?: string;
        /** PKIFailureInfo bits by their RFC names. */
        readonly failInfo?: readonly string[];
      }
    | { readonly type: 'waiting'; readonly until: Date; readonly text?: string }
    | { readonly type: 'issued'; readonly notAfter: Date; readonly serialNumber: string }
    | { readonly type: 'refused'; readonly reason: string }
    /** `reason` is a CRLReason by its RFC name. */
    | { readonly type: 'revoked'; readonly reason: string }
    | { readonly type: 'rejected'; readonly text: string; readonly failInfo: readonly string[] }
    | {
        readonly type: 'failed';
        readonly code: ErrorCode;
        readonly errorClass: ErrorClass;
        readonly text: string;
      }
    | { readonly type: 'error'; readonly code: ErrorCode; readonly errorClass: ErrorClass }
    | { readonly type: 'cleared' }
    | { readonly type: 'delivered'; readonly directory: string }
    | { readonly type: 'delivery-failed'; readonly text: string }
    /** Another node has got it. */
    | { readonly type: 'served'; readonly node: string; readonly withKey: boolean }
  );

/** What every event says of itself. */
export interface EventContext {
  readonly at: Date;
  /** Name of the certificate. */
  readonly name: string;
  /** Label of the CA profile. */
  readonly ca: string;
  /** Hexadecimal. */
  readonly transactionID: string;
}
