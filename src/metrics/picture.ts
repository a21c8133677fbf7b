import type { Counter } from '../store/records-contract.ts';
import type { ValidationCounter } from '../store/validation-watch-contract.ts';

/** What is told of one certificate: it is its own name's latest. */
export interface CertificatePicture {
  readonly name: string;
  /** Label of the CA profile; absent for one that is renewed by nobody here. */
  readonly ca?: string;
  /** Subject, issuer, serial number and file, by the names of `certificateLabels`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Where it stands, as `show cert` says it. */
  readonly state: string;
  /** When the agent renews it; absent where it does not. */
  readonly renewalAt?: Date | undefined;
}

/** Everything that is told at one moment. */
export interface Picture {
  readonly version: string;
  readonly nodeVersion: string;
  /** Made as they are gone through: thousands of them at once would take much memory. */
  readonly certificates: Iterable<CertificatePicture>;
  /** Names there is no series of, since there are too many. */
  readonly omitted: number;
  /** As `show cmp statistics` counts. */
  readonly counters: readonly Counter[];
  /** As `show crypto statistics` counts. */
  readonly validation: readonly ValidationCounter[];
  /** Requests that wait, by CA and operation. */
  readonly outstanding: readonly {
    readonly ca: string;
    readonly operation: string;
    readonly count: number;
  }[];
  /** What does not work, by job. */
  readonly failing: readonly {
    readonly job: string;
    readonly kind: string;
    readonly count: number;
  }[];
  /** Alarms that stand. */
  readonly alarms: readonly {
    readonly family: string;
    readonly severity: string;
    readonly count: number;
  }[];
  /** Where notifications go. */
  readonly destinations: readonly DestinationPicture[];
  /** OCSP responses that are kept to be stapled, of the versions of certificates that are served. */
  readonly staples: readonly StaplePicture[];
  /** Endpoints that could not be told, or do not serve what they were. */
  readonly failingEndpoints: readonly { readonly name: string; readonly endpoint: string }[];
  /** Labels of the CAs that do not answer. */
  readonly silentCas: readonly string[];
  /** For how long what is due has been due without being done. */
  readonly jobLagSeconds: number;
  readonly agent: AgentPicture;
}

/** What is told of one OCSP response. */
export interface StaplePicture {
  readonly name: string;
  /** Beginning of the SHA-256 of the certificate: there may be two of a name for a while. */
  readonly certificate: string;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly nextAt: Date;
  readonly failures: number;
  /** Why the last attempt came to nothing. */
  readonly code?: string;
}

/** What is told of the agent itself. */
export interface AgentPicture {
  readonly startedAt: Date;
  readonly runs: number;
  readonly lastRunAt?: Date;
  /** Whether the last run came to its end. */
  readonly isWorking: boolean;
}

/** What is told of one destination of notifications. */
export interface DestinationPicture {
  readonly name: string;
  /** Notifications that wait to be sent. */
  readonly waiting: number;
  /** Notifications that were given up, ever since it was set. */
  readonly dropped: number;
  readonly sentAt?: Date;
  /** Whether the last attempt failed. */
  readonly isFailing: boolean;
}
