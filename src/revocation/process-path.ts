import type { Certificate } from '../x509/certificate.ts';
import { checkAnchor } from './certificate-check.ts';
import { processCertificate } from './basic-processing.ts';
import { prepareForNext } from './next-certificate.ts';
import type { PathContext } from './path-context.ts';
import { initialize, type PolicyInputs } from './path-state.ts';
import { wrapUp, type Outputs } from './wrap-up.ts';

/** A prospective certification path, the anchor aside; the end entity comes first. */
export interface ProspectivePath {
  readonly path: readonly [Certificate, ...Certificate[]];
  readonly anchor: Certificate;
}

/**
 * Validate one path from its anchor down to its end entity: RFC 5280 section 6.1. Nothing is taken over from the
 * search that proposed it but what is known of signatures.
 */
export function processPath(
  { path, anchor }: ProspectivePath,
  inputs: PolicyInputs,
  context: PathContext,
): Outputs {
  const trusted = context.read(anchor);
  if (trusted.type === 'refused') return trusted;
  const unfit = checkAnchor(trusted.value, context.at);
  if (unfit) return { type: 'refused', failure: unfit };

  const state = initialize(trusted.value, path.length, inputs); // 6.1.2
  const [endEntity, ...issuers] = path;
  for (const issuer of issuers.toReversed()) {
    const reading = context.read(issuer);
    if (reading.type === 'refused') return reading;
    const failure =
      processCertificate(state, reading.value, false, context) ?? // 6.1.3
      prepareForNext(state, reading.value, context); // 6.1.4
    if (failure) return { type: 'refused', failure };
  }
  const last = context.read(endEntity);
  if (last.type === 'refused') return last;
  const failure = processCertificate(state, last.value, true, context); // 6.1.3
  if (failure) return { type: 'refused', failure };
  return wrapUp(state, last.value, inputs.userInitialPolicySet); // 6.1.5
}
