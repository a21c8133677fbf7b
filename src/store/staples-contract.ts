import type { Label } from '../base/label.ts';
import type { DeployProbe } from './deployments-contract.ts';

/** A verified OCSP response, in the octets that are published. */
export interface HeldStaple {
  /** DER of OCSPResponse, as it came and was verified. */
  readonly der: Uint8Array;
  readonly thisUpdate: Date;
  /** Absent only where the settings of the name take such. */
  readonly nextUpdate?: Date;
  readonly producedAt: Date;
  /** It is shown to nobody from then on: before nextUpdate, and within the lives of certificate and responder. */
  readonly until: Date;
  readonly fetchedAt: Date;
  /** Of the responder that gave it. */
  readonly url: string;
  /** For If-None-Match. */
  readonly etag?: string;
  /** Until when HTTP says that asking again gives nothing newer. */
  readonly freshUntil?: Date;
}

/** What is kept for one version of a certificate. */
export interface KeptStaple {
  /** SHA-256 of the certificate's DER, in lower-case hexadecimal. */
  readonly certificate: string;
  /** Name of the certificate. */
  readonly name: Label;
  readonly held?: HeldStaple;
  /** When to ask next: the time of the refresh, or after what failed. */
  readonly nextAt: Date;
  /** Attempts in a row that came to nothing. */
  readonly failures: number;
  readonly triedAt?: Date;
  /** Of the last attempt if that came to nothing: one of `unavailableCodes`, or `revoked`, `unknown`, `worse`. */
  readonly code?: string;
  /** Lower case, no final period. */
  readonly error?: string;
  /** The responder asked to be left alone until then. */
  readonly retryAfter?: Date;
  /** A responder said so, verified; `certificateHold` may end. */
  readonly revoked?: {
    readonly at: Date;
    /** CRLReason by its RFC name. */
    readonly reason: string;
    readonly thisUpdate: Date;
  };
}

/** What is kept, without octets. */
export interface StapleOverview extends Pick<
  KeptStaple,
  'certificate' | 'name' | 'nextAt' | 'failures' | 'code'
> {
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly until?: Date;
  readonly isRevoked: boolean;
}

/** How the server that serves a staple takes it. */
export type StapleTarget =
  | {
      readonly type: 'haproxy';
      /** Its runtime API, with level admin. */
      readonly socket: string;
      /** The certificate file it reads when it starts; the staple is that with ".ocsp" behind. */
      readonly file: string;
      /** What its configuration calls that file; absent: its path. */
      readonly entry?: string;
    }
  | {
      readonly type: 'nginx' | 'lighttpd';
      /** `ssl_stapling_file`, `ssl.stapling-file`. */
      readonly file: string;
      /** Where the server writes its process number. */
      readonly pidFile: string;
      readonly program?: string;
      readonly config?: string;
    }
  | {
      readonly type: 'proftpd';
      /** `TLSStaplingCache fs:/path=`: a file for each certificate. */
      readonly directory: string;
    }
  | {
      readonly type: 'file';
      readonly file: string;
      /** systemd unit that is reloaded; absent: nobody is told. */
      readonly unit?: string;
    }
  /** A TLS server in a process of ours: it looks for itself. */
  | { readonly type: 'listener' };

/** Where the staple of a certificate is served. */
export interface StapleEndpoint {
  /** Unique to the name. That of a deployment, where both are one service: certificate and staple then go together. */
  readonly label: Label;
  readonly target: StapleTarget;
  readonly probe?: DeployProbe;
  /** Of staple files; absent: as the present file, else of whoever writes it. */
  readonly owner?: string;
  readonly group?: string;
  /** Permission bits; absent: as the present file, else 0644. */
  readonly mode?: number;
}

/** What an endpoint was told last. */
export interface PublishedStaple {
  /** SHA-256 of the certificate's DER, in lower-case hexadecimal. */
  readonly certificate: string;
  /** SHA-256 of the staple's DER; absent: it was withdrawn. */
  readonly staple?: string;
  readonly at: Date;
}

/** What an endpoint was seen to serve. */
export interface SeenStaple {
  readonly at: Date;
  readonly isAsPublished: boolean;
  /** What is different, or why nobody knows; lower case, no final period. */
  readonly text?: string;
}

/** An endpoint as it is stored. */
export interface StapleEndpointRecord extends StapleEndpoint {
  readonly name: Label;
  readonly published?: PublishedStaple;
  readonly seen?: SeenStaple;
  /** Attempts in a row to publish, or to see it served, that came to nothing. */
  readonly failures: number;
  readonly error?: string;
  /** When to try again; absent: when there is another staple. */
  readonly nextAt?: Date;
}

/** A certificate and what is to be stapled to it from now on. */
export interface StaplePublication {
  readonly name: Label;
  /** DER. */
  readonly certificate: Uint8Array;
  /** DER of the CA certificates above it, nearest first. */
  readonly chain: readonly Uint8Array[];
  /** DER of OCSPResponse; absent: none is to be served any more. */
  readonly staple?: Uint8Array;
  /** DER of the certificate there was before at this endpoint, if it was another one: what is left of it may go. */
  readonly former?: Uint8Array;
  /**
   * `alone`: the certificate is in use already, and the server is to take the staple up now. `with-certificate`: files of
   * the certificate stand or are staged, and whoever deploys them has the server take up both, by one reload or one
   * commit.
   */
  readonly way: 'alone' | 'with-certificate';
}

/** What was done to publish. */
export interface StaplePublished {
  /** `false`: the same octets were there already, and nobody was told. */
  readonly isChanged: boolean;
}

/** What a TLS server shows when it is asked for its OCSP response. */
export type ServedStaple =
  | {
      readonly type: 'served';
      /** DER of its own certificate. */
      readonly certificate: Uint8Array;
      /** DER of OCSPResponse; absent: it stapled none. */
      readonly staple?: Uint8Array;
    }
  /** Lower case, no final period. */
  | { readonly type: 'failed'; readonly text: string };

/** OCSP responses that are kept for our own certificates, and where they are served. */
export interface Staples {
  get(certificate: string): Promise<KeptStaple | undefined>;
  /** By name. */
  list(): Promise<readonly KeptStaple[]>;
  /** All of them without octets, by name: for whoever only looks at times, often. */
  overview(limit: number): Promise<readonly StapleOverview[]>;
  /** Those of a name: of its versions. */
  of(name: string): Promise<readonly KeptStaple[]>;
  /** Keep it, in place of what is kept of that certificate. */
  put(staple: KeptStaple): Promise<void>;
  /** Forget what is kept of other versions of a name than these, but for what an endpoint of another name serves. */
  keepOnly(name: string, certificates: readonly string[]): Promise<void>;
  /** By name and label; those of a name. */
  endpoints(name?: string): Promise<readonly StapleEndpointRecord[]>;
  /** Set an endpoint, in place of one of the same label; what was published there is forgotten. */
  putEndpoint(name: Label, endpoint: StapleEndpoint): Promise<void>;
  /** @returns `false` when there was none */
  removeEndpoint(name: string, label: string): Promise<boolean>;
  /** Write how it went; what is not there any more is passed over. */
  report(
    name: string,
    label: string,
    report: Pick<StapleEndpointRecord, 'published' | 'seen' | 'failures' | 'error' | 'nextAt'>,
  ): Promise<void>;
}
