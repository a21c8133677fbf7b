import type { CRLReason } from '../x509/crl-reason.ts';

/** The requests that end in a certificate. */
export type CertOperation = (typeof certOperations)[number];
const certOperations = ['ir', 'cr', 'kur', 'p10cr'] as const;

/** The requests that begin a transaction. */
export type LabOperation = CertOperation | 'rr' | 'genm';
export const labOperations: readonly LabOperation[] = [...certOperations, 'rr', 'genm'];

/** Tell whether a request ends in a certificate. */
export function isCertOperation(operation: string): operation is CertOperation {
  return certOperations.some((one) => one === operation);
}

/** Where a transaction stands: waiting for its answer, for certConf, or over. */
export type LabPhase = (typeof labPhases)[number];
export const labPhases = ['waiting', 'confirming', 'closed'] as const;

/** One transaction. Decisions come from `decide`, which may run in another process. */
export interface LabTransaction {
  /** What `lab approve` calls it; 0 before it is stored. */
  readonly id: number;
  readonly transactionID: Uint8Array;
  readonly operation: LabOperation;
  readonly phase: LabPhase;
  readonly certReqId: number;
  /** Of the certificate; of a genm the types of information it asks for. */
  readonly subject: string;
  /** Reference of the secret all its messages are protected with, or … */
  readonly reference?: string;
  /** … DER of the certificate they are signed with. */
  readonly signer?: Uint8Array;
  /** DER of the message that began it. */
  readonly request: Uint8Array;
  /** DER of the certConf whose answer is delayed; absent while the answer to `request` is. */
  readonly delayedConfirmation?: Uint8Array;
  /** senderNonce of our last message. */
  readonly senderNonce: Uint8Array;
  readonly needsApproval: boolean;
  readonly polls: number;
  readonly decision?: 'approved' | 'denied';
  readonly reason?: string;
  readonly certificateId?: number;
  readonly openedAt: Date;
}

/** `issued` awaits certConf; `rejected` was refused by certConf, or not confirmed in time. */
export type LabCertificateStatus = (typeof labCertificateStatuses)[number];
export const labCertificateStatuses = [
  'issued',
  'current',
  'superseded',
  'rejected',
  'revoked',
] as const;

/** One issued certificate. */
export interface LabCertificate {
  readonly id: number;
  readonly transactionID: Uint8Array;
  readonly der: Uint8Array;
  /** Hexadecimal. */
  readonly serial: string;
  readonly subject: string;
  readonly keyIdentifier: Uint8Array;
  readonly status: LabCertificateStatus;
  /** The certificate it takes the place of once it is confirmed. */
  readonly supersedes?: number;
  readonly issuedAt: Date;
  readonly notAfter: Date;
  /** When and why, of one that is revoked. */
  readonly revocation?: Revocation;
}

/** What a CRL says of a certificate. */
export interface Revocation {
  readonly at: Date;
  readonly reason: CRLReason;
}

/** The CAs of the lab that sign CRLs. */
export type CrlIssuer = (typeof crlIssuers)[number];
export const crlIssuers = ['issuing', 'root'] as const;

/** The CRLs of the lab that follow each other: complete ones of each CA, and deltas of the issuing CA. */
export type CrlSeries = CrlIssuer | 'delta';
export const crlSeries: readonly CrlSeries[] = [...crlIssuers, 'delta'];

/** The last CRL of a series. */
export interface LabCrl {
  readonly issuer: CrlSeries;
  readonly der: Uint8Array;
  /** crlNumber, from 1. */
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** How many certificates it lists: with one more revoked it is out of date. */
  readonly entries: number;
}

/** Everything one message changes, written as one. */
export interface Turn {
  readonly requestDigest: Uint8Array;
  readonly answer: Uint8Array;
  readonly transaction: LabTransaction;
  /** A certificate issued in this turn. */
  readonly issued?: Omit<LabCertificate, 'id'>;
  /** New status of the transaction's certificate. */
  readonly certificateStatus?: LabCertificateStatus;
  /** A certificate revoked in this turn, by its row. */
  readonly revoked?: Revocation & { readonly certificateId: number };
}

/** The process a lab runs in. */
export interface LabHolder {
  readonly pid: number;
  /** Start time of the process, as the operating system counts it. */
  readonly startedAt: string;
  readonly host: string;
  readonly boot: string;
  readonly pidNamespace: string;
  readonly since: Date;
}

/** What came of taking hold of a lab. */
export type LabHold =
  /** With the one before it that did not give it back. */
  | { readonly type: 'held'; readonly before?: LabHolder }
  | { readonly type: 'refused'; readonly by: LabHolder };

/** A fault of the responder that acts on a request, and how often it has before. */
export interface DueOcspFault {
  readonly name: string;
  readonly acted: number;
}
