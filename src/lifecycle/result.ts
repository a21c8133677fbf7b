import type { Label } from '../base/label.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { Name } from '../x509/name.ts';

/** How an enrollment ended, or where it stands. What broke is thrown instead. */
export type EnrollmentResult = {
  readonly name: Label;
  readonly ca: Label;
  /** Hexadecimal. */
  readonly transactionID: string;
} & (
  | {
      readonly type: 'issued';
      readonly certificate: CertificateRecord;
      /** Where the certificate is not what was asked for (grantedWithMods), in words. */
      readonly differences: readonly string[];
      /** What the CA put in where nothing was asked for, in words. */
      readonly additions: readonly string[];
      readonly files: readonly string[];
    }
  | {
      readonly type: 'waiting';
      readonly nextPollAt: Date;
      readonly polls: number;
      /** What the CA said. */
      readonly text?: string;
    }
  | {
      readonly type: 'rejected';
      readonly status: PKIStatusInfo;
      readonly details: readonly string[];
      /** Anyone could have said so: the CA profile takes unprotected errors. */
      readonly isUnauthenticated?: true;
    }
  /** An rr was granted, or the certificate was revoked already; pending: the CA says it waits for approval. */
  | {
      readonly type: 'revoked' | 'revocation-pending';
      /** What the rr was about: for an RA, not what it signed with. */
      readonly about: {
        readonly issuer: Name;
        readonly serialNumber: bigint;
        /** Absent when it is not here. */
        readonly name?: Label;
      };
      /** CRLReason by its RFC name. */
      readonly reason: string;
      readonly status: PKIStatusInfo;
    }
  /** We refused the certificate. */
  | { readonly type: 'refused'; readonly reason: string }
  /** The CA refused our confirmation: it may revoke the certificate. */
  | { readonly type: 'unconfirmed'; readonly status: PKIStatusInfo }
  /** The deadline of the CA profile passed while waiting. */
  | { readonly type: 'expired' }
);
