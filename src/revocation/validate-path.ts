import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { note, prospectivePaths, type PathSearch } from './build-path.ts';
import { checkAlgorithm, checkValidity } from './certificate-check.ts';
import { indexIssuers } from './issuers.ts';
import { openBudget } from './path-budget.ts';
import { openContext, type PathContext } from './path-context.ts';
import { failure, rank, type Failure, type RankedFailures } from './path-failure.ts';
import {
  anyPolicySet,
  chainLengthRange,
  pathLimits,
  type PathInputs,
  type PathLimits,
} from './path-inputs.ts';
import type { PolicyInputs } from './path-state.ts';
import { processPath } from './process-path.ts';
import type { Outputs } from './wrap-up.ts';

/** What came of a path validation: a path, or why there is none. */
export type PathVerdict =
  | (Extract<Outputs, { readonly type: 'valid' }> & {
      /** From the certificate itself to the last one below the anchor; empty when it is the anchor. */
      readonly path: readonly Certificate[];
      readonly anchor: Certificate;
    })
  | { readonly type: 'invalid'; readonly reasons: RankedFailures };

/**
 * Look for a path from a certificate to one of the anchors that is valid by RFC 5280 section 6.1, and give the first.
 * Signatures are by algorithms of the policy; what is critical and not processed here is refused in any
 * certificate, anchor included. Revocation is for the caller to check on the path found, and so is whether the
 * certificate is good for a purpose and who it names: `checkPurpose`, `checkIdentity`.
 *
 * A certificate that is itself an anchor (the same octets) is valid with an empty path. An anchor outside of its own
 * validity vouches for nothing: see `checkAnchor`. Whatever the certificates are, there is a verdict, within the
 * limits.
 *
 * @throws {CertError} CONFIG_INVALID when `chainLength` is not 1 to 16
 */
export function validatePath(inputs: PathInputs): PathVerdict {
  return validateWithin(beginValidation(inputs), inputs);
}

/**
 * Begin what `validateWithin` does for one certificate and others with it: what is found out is found out once, and
 * all of it is within one budget.
 *
 * @throws {CertError} CONFIG_INVALID as `validatePath`
 */
export function beginValidation(inputs: Pick<PathInputs, 'at' | 'policy' | 'limits'>): PathContext {
  return openContext(inputs.at, inputs.policy, openBudget(limitsOf(inputs)));
}

/** Look for a path as `validatePath` does, with what is left of a budget. */
export function validateWithin(context: PathContext, inputs: PathInputs): PathVerdict {
  const { certificate, intermediates, offered = [], anchors } = inputs;
  const limits = limitsOf(inputs);
  const flaw = flawInItself(certificate, context) ?? tooMany(certificate, offered, limits);
  if (flaw) return { type: 'invalid', reasons: [flaw] };
  const policies = policyInputs(inputs);
  const itself = anchors.find((anchor) => isSame(anchor, certificate));
  if (itself) {
    const { userInitialPolicySet } = policies;
    return {
      type: 'valid',
      path: [],
      anchor: itself,
      userConstrainedPolicySet: userInitialPolicySet,
      workingPublicKey: certificate.tbsCertificate.subjectPublicKeyInfo,
    };
  }

  const search: PathSearch = {
    context,
    index: indexIssuers(anchors, [...offered, ...intermediates]),
    chainLength: limits.chainLength,
    failures: [],
  };
  for (const prospective of prospectivePaths(search, [certificate])) {
    const outputs = processPath(prospective, policies, context);
    if (outputs.type === 'valid') return { ...outputs, ...prospective };
    note(search, outputs.failure);
  }
  const [first = failure(certificate, 'untrusted', 'leads nowhere'), ...others] = search.failures;
  return { type: 'invalid', reasons: rank(first, others) };
}

/** Said before anything is searched for: whatever path there is, it would end here. */
function flawInItself(certificate: Certificate, { read, at }: PathContext): Failure | undefined {
  const reading = read(certificate);
  if (reading.type === 'refused') return reading.failure;
  return checkAlgorithm(certificate) ?? checkValidity(certificate, at);
}

function tooMany(
  certificate: Certificate,
  offered: readonly Certificate[],
  limits: PathLimits,
): Failure | undefined {
  if (offered.length <= limits.offered) return undefined;
  const what = `came with ${offered.length} certificates, more than the limit of ${limits.offered}`;
  return failure(certificate, 'search-exhausted', what);
}

function limitsOf({ limits }: Pick<PathInputs, 'limits'>): PathLimits {
  const all = { ...pathLimits, ...limits };
  const [least, most] = chainLengthRange;
  const { chainLength } = all;
  if (Number.isInteger(chainLength) && chainLength >= least && chainLength <= most) return all;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot limit a chain to ${chainLength} certificates: ${least} to ${most} can be set`,
  );
}

function policyInputs(inputs: PathInputs): PolicyInputs {
  const {
    userInitialPolicySet = anyPolicySet,
    initialPolicyMappingInhibit = false,
    initialExplicitPolicy = false,
    initialAnyPolicyInhibit = false,
  } = inputs;
  return {
    userInitialPolicySet,
    initialPolicyMappingInhibit,
    initialExplicitPolicy,
    initialAnyPolicyInhibit,
  };
}

function isSame(a: Certificate, b: Certificate): boolean {
  return bytesEqual(certificateDer(a), certificateDer(b));
}
