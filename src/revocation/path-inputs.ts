import { oids, type Oid } from '../asn1/oids.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { Certificate } from '../x509/certificate.ts';

/**
 * What one search may cost at the most. A peer chooses the certificates and we pay: cyclic, cross-signed or
 * same-name bundles, and constraints without end, make a search without limits run for ever.
 */
export interface PathLimits {
  /** Certificates below the anchor, the end entity and self-issued ones included: 1 to 16. */
  readonly chainLength: number;
  /** Certificates that may come along with a peer's: `PathInputs.offered`. */
  readonly offered: number;
  /** Issuers tried by name, over all paths. An honest bundle needs one or two at each level. */
  readonly candidates: number;
  /** Paths that reach an anchor and are judged as a whole. An honest bundle has one, or one for each root. */
  readonly paths: number;
  /** Signatures verified: the expensive part, up to 0.2 ms each for P-384 and more. */
  readonly signatureChecks: number;
  /** Of issuers that may not be used anyway, only to say whether they are the reason for a refusal. */
  readonly diagnosticChecks: number;
  /**
   * Names held against the subtree of a name constraint: a certificate has room for thousands of either. A server of a
   * hundred names below a CA confined to a hundred domains takes 10,000.
   */
  readonly nameComparisons: number;
  /** Policies and mappings taken up in the graph of policies: a dozen for each certificate of a large PKI. */
  readonly policyNodes: number;
}

/** The limits that hold where no others are set. */
export const pathLimits: PathLimits = {
  chainLength: 4,
  offered: 16,
  candidates: 200,
  paths: 32,
  signatureChecks: 64,
  diagnosticChecks: 8,
  nameComparisons: 100_000,
  policyNodes: 10_000,
};

/** For paths to what an operator configured: nobody there sets the length of a chain, and no stranger chooses it. */
export const configuredPki: Partial<PathLimits> = { chainLength: 8 };

/** The least and the most that `chainLength` may be set to. */
export const chainLengthRange: readonly [number, number] = [1, 16];

/** What a certificate is judged by: the inputs of RFC 5280 section 6.1.1, with what a path is looked for in. */
export interface PathInputs {
  /** The end entity: the last certificate of the path of (a). All certificates are as received. */
  readonly certificate: Certificate;
  /** Untrusted, in any order: from a message, from configuration. */
  readonly intermediates: readonly Certificate[];
  /** Untrusted, what a peer sent along with its certificate: refused when there are too many. */
  readonly offered?: readonly Certificate[];
  /** (d): the name and key of each are trusted, because it was configured. */
  readonly anchors: readonly Certificate[];
  /** (b) */
  readonly at: Date;
  readonly policy: AlgorithmPolicy;
  /** (c): `anyPolicy` in it, the default, when policies do not matter. */
  readonly userInitialPolicySet?: ReadonlySet<Oid>;
  /** (e) */
  readonly initialPolicyMappingInhibit?: boolean;
  /** (f) */
  readonly initialExplicitPolicy?: boolean;
  /** (g); (h) and (i) come from the name constraints of the anchor itself. */
  readonly initialAnyPolicyInhibit?: boolean;
  /** `pathLimits` for those left out. */
  readonly limits?: Partial<PathLimits>;
}

/** The user-initial-policy-set of whoever does not care about policies. */
export const anyPolicySet: ReadonlySet<Oid> = new Set([oids.anyPolicy]);
