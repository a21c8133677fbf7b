import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { CrlTime } from '../revocation/crl-outcome.ts';
import type { Crl } from '../revocation/crl.ts';
import type { KeyPurpose } from '../revocation/key-purpose.ts';
import type { CacheRules } from '../revocation/ocsp-cache.ts';
import type { OcspNote, OcspRules } from '../revocation/ocsp-rules.ts';
import type { PathInputs } from '../revocation/path-inputs.ts';
import type { HostMatching, PeerIdentity } from '../revocation/peer-identity.ts';
import type { Revoked, RevocationVerdict, Unavailable } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import type { CertificateFetcher, HashAndUrl } from './hash-and-url.ts';

/** What is made of a certificate nobody gives a word on. */
export type RevocationMode =
  /** It is refused. */
  | 'strict'
  /** It is accepted, and said so. */
  | 'relaxed'
  /** It is refused if it names a source, or one is configured for its issuer. */
  | 'ifuri';

/** How peers are judged: a policy with everything it names resolved. */
export interface ValidationPolicy {
  readonly name: string;
  readonly path: Pick<
    PathInputs,
    | 'anchors'
    | 'intermediates'
    | 'policy'
    | 'userInitialPolicySet'
    | 'initialPolicyMappingInhibit'
    | 'initialExplicitPolicy'
    | 'initialAnyPolicyInhibit'
    | 'limits'
  >;
  /** What the key is for; left out, for anything. */
  readonly purpose?: KeyPurpose;
  readonly hosts: HostMatching;
  readonly revocation: RevocationMode;
  /** Left out: no OCSP. */
  readonly ocsp?: ResolvedOcsp;
  readonly crls: CrlRules;
  /** What a `revoked` by OCSP leads to: refusal, or a CRL, which may be older. */
  readonly ocspRevoked: 'reject' | 'crl';
  /** With strict, a certificate no responder knows may be vouched for by a CRL. */
  readonly unknownFallback: boolean;
  /** Fetch certificates that peers name by hash and URL. */
  readonly certHashUrl?: boolean;
  /** For everything, in milliseconds. */
  readonly deadlineMs: number;
}

/** An OCSP object with the labels in it resolved. */
export interface ResolvedOcsp {
  readonly name: string;
  /** Why it cannot be used: it is bound, and not there. Nobody is asked then, and no certificate has its word. */
  readonly missing?: string;
  readonly rules: OcspRules;
  readonly cache: CacheRules;
  readonly query: OcspQueryRules;
  /** Hash of all that decides what is believed: a result by one object never answers for another. */
  readonly policyHash: string;
}

/** How a responder is reached. */
export interface OcspQueryRules {
  /** In place of those in certificates. */
  readonly url?: string;
  /** For resolving, connecting, sending and the whole body, in milliseconds. */
  readonly timeoutMs: number;
  readonly certIdHash: 'sha1' | 'sha256';
  /** Name of a certificate of ours that queries are signed with. */
  readonly signer?: string;
  readonly hostHeader?: string;
  readonly tunnel?: {
    readonly address: string;
    readonly port: number;
    readonly username?: string;
    readonly password?: Uint8Array;
  };
  /** Addresses of name servers, in place of those of the system. */
  readonly resolvers: readonly string[];
  /** Queries at the same time. */
  readonly concurrency: number;
}

/** Which CRLs count. */
export interface CrlRules {
  /** CRLs are looked at, though no OCSP was to be had. */
  readonly use: boolean;
  /** Names of configured ones; each counts for the issuer it is of. */
  readonly configured: readonly string[];
  /** Fetch what certificates name, once their path is verified. */
  readonly fromCertificates: boolean;
  readonly useDeltas: boolean;
  readonly clockSkewSeconds: number;
  /** Host names certificates may send us to; all of them without it. */
  readonly hosts?: readonly string[];
  /** Certificates may name files of this machine. */
  readonly files?: boolean;
}

/** What became of one source. */
export interface SourceTried {
  readonly source:
    | { readonly type: 'staple' }
    | {
        readonly type: 'ocsp';
        readonly url: string;
        readonly from: 'network' | 'cache' | 'error-cache';
      }
    | { readonly type: 'crl'; readonly url?: string };
  readonly verdict: RevocationVerdict;
  readonly notes: readonly OcspNote[];
}

/** What was found out about one certificate of the path, anchor excepted. */
export interface CertificateRevocation {
  readonly certificate: Certificate;
  readonly verdict: RevocationVerdict;
  /** In the order in which they were tried. */
  readonly tried: readonly SourceTried[];
  /** Whether the policy takes that for good enough. */
  readonly accepted: boolean;
}

/** One reason, with a stable code: of `PathFailure`, of `unavailableCodes`, or one of these. */
export interface PeerReason {
  readonly code: string;
  /** Lower case, no final period. */
  readonly detail: string;
  /** Of which certificate: its place from the peer's own, 0. */
  readonly depth?: number;
}

/** A verdict on a peer. */
export interface PeerVerdict {
  readonly verdict: 'accept' | 'reject';
  /** Most specific first; none for `accept`. */
  readonly reasons: readonly PeerReason[];
  /** What an operator has to know of an acceptance: `accepted-without-revocation`, notes of OCSP. */
  readonly warnings: readonly PeerReason[];
  /** The path, from the peer's own to the last below the anchor; empty when there is none. */
  readonly path: readonly Certificate[];
  readonly anchor?: Certificate;
  readonly revocation: readonly CertificateRevocation[];
}

/** A peer to be judged. */
export interface PeerToJudge {
  /** DER, its own first. Whatever they are, they lead to a verdict. */
  readonly chain: readonly Uint8Array[];
  readonly identity?: PeerIdentity;
  /**
   * What it names in place of sending it, after the chain; the first is its own where that is empty. Fetched only where
   * the policy says so.
   */
  readonly hashAndUrl?: readonly HashAndUrl[];
  /** OCSP response the peer stapled for its own certificate. */
  readonly staple?: Uint8Array;
}

/** What OCSP says, with where it came from. */
export interface OcspAnswer {
  readonly verdict: RevocationVerdict;
  readonly tried: readonly SourceTried[];
  /** The response that says so, in the octets that were verified. */
  readonly der?: Uint8Array;
  /** Who signed it, where CRLs are still to be asked about that one. */
  readonly unchecked?: Certificate;
}

/** Asks responders; results and failures are kept, and who asks for the same at the same time asks once. */
export interface OcspClient {
  /**
   * Find the word of a responder on a certificate. Never throws for anything a peer or a responder did.
   *
   * @param issuer its issuer on the verified path
   */
  status(
    certificate: Certificate,
    issuer: Certificate,
    object: ResolvedOcsp,
    signal: AbortSignal,
  ): Promise<OcspAnswer>;
  /** Judge a stapled response the same way, and keep it. */
  staple(
    octets: Uint8Array,
    certificate: Certificate,
    issuer: Certificate,
    object: ResolvedOcsp,
  ): OcspAnswer;
  /**
   * Forget a result that is not believed any more.
   *
   * @param failure remembered in its place, when the responder says the same again
   */
  forget(
    certificate: Certificate,
    issuer: Certificate,
    object: ResolvedOcsp,
    failure?: OcspAnswer & { readonly verdict: Unavailable },
  ): void;
}

/** What CRLs there are for a certificate; they are not verified. */
export interface CrlsFound {
  readonly crls: readonly Crl[];
  /** Places that gave none, with why. */
  readonly failed: readonly { readonly url: string; readonly failure: Unavailable }[];
}

/** A CRL, and who signed it. */
export interface SignedCrl {
  readonly crl: Crl;
  readonly signer: Certificate;
}

/** Fetches and holds CRLs. */
export interface CrlKeeper {
  /**
   * Find CRLs for a certificate: held ones, configured ones, and those at the places its distribution points name,
   * fetched if none is held that still holds. Never throws for what is fetched.
   *
   * @param believes whether a CRL is signed by somebody below the anchor of this peer: what is held by the word of
   *   another policy, of another CA of that name, plays no part, and keeps nothing from being fetched
   */
  find(
    certificate: Certificate,
    points: readonly DistributionPoint[],
    rules: CrlRules,
    time: CrlTime,
    signal: AbortSignal,
    believes: (crl: Crl) => boolean,
  ): Promise<CrlsFound>;
  /** Hold CRLs that were used and whose signatures were verified. */
  keep(crls: readonly SignedCrl[]): Promise<void>;
}

/** Tells of what §8 of the events names; counters and log lines are made of these. */
export type ValidationEvent =
  | { readonly type: 'judged'; readonly policy: string; readonly verdict: PeerVerdict }
  | { readonly type: 'peer-revoked'; readonly certificate: Certificate; readonly revoked: Revoked }
  /** Of a certificate of ours, by its name here. */
  | { readonly type: 'own-certificate-revoked'; readonly name: string; readonly reason: string }
  | { readonly type: 'crl-rollback'; readonly url: string; readonly issuer: string }
  | { readonly type: 'crl-expired'; readonly url: string; readonly issuer: string }
  | { readonly type: 'responder-unauthorized'; readonly url: string }
  | {
      readonly type: 'ocsp-query';
      readonly url: string;
      readonly outcome: string;
      readonly ms: number;
    }
  | { readonly type: 'ocsp-cache'; readonly hit: 'result' | 'error' }
  | {
      readonly type: 'crl-fetch';
      readonly url: string;
      /** `fetched`, `unchanged` since it was fetched before, or a code of `unavailableCodes`. */
      readonly outcome: string;
      readonly octets: number;
      readonly ms: number;
      /** Of these, for reading it. */
      readonly parseMs: number;
      readonly entries: number;
    }
  /** A configured CRL is written otherwise than was said; it is read all the same. */
  | { readonly type: 'crl-form'; readonly url: string; readonly form: 'der' | 'pem' }
  /** What was asked of CRLs was at hand, and nothing was fetched for it. */
  | { readonly type: 'crl-hit' }
  /** CRLs are looked at, since OCSP was asked and does not decide. */
  | { readonly type: 'fallback-to-crl' }
  /** A certificate was accepted though what its CRL says cannot be believed: that is worse than no CRL. */
  | { readonly type: 'crl-suspect'; readonly code: string; readonly detail: string }
  /** A policy that is strict was used by a clock that is behind a CRL, or an OCSP response, by more than a day. */
  | { readonly type: 'clock-suspect'; readonly policy: string; readonly thisUpdate: Date };

/** Takes events. */
export type ValidationEvents = (event: ValidationEvent) => void;

/** What judging peers stands on. */
export interface ValidationContext {
  readonly ocsp: OcspClient;
  readonly crls: CrlKeeper;
  /** Left out, what peers name by hash and URL is not fetched, whatever the policy says. */
  readonly certificates?: CertificateFetcher;
  readonly tell: ValidationEvents;
  readonly algorithms: AlgorithmPolicy;
}
