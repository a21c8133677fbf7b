import { CertError } from '../base/errors.ts';
import { readable } from '../base/readable.ts';
import { isAmong, signersOf, type CrlSigners } from '../revocation/crl-signer.ts';
import type { Crl } from '../revocation/crl.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import { extensionValue } from '../x509/extension-values.ts';
import type { CrlsFound, ValidationContext, ValidationPolicy } from './contract.ts';

/** For whom CRLs are looked for. */
export interface CrlQuestion {
  readonly context: Pick<ValidationContext, 'crls'>;
  readonly policy: Pick<ValidationPolicy, 'crls' | 'path'>;
  readonly signers: CrlSigners;
  readonly at: Date;
}

/**
 * Look for the CRLs of a certificate until the deadline. Whatever goes wrong, there is an answer.
 *
 * @param above its issuers, up to the anchor
 */
export async function findCrls(
  { context, policy, signers, at }: CrlQuestion,
  certificate: Certificate,
  above: readonly Certificate[],
  deadline: AbortSignal,
): Promise<CrlsFound> {
  const { crls: rules } = policy;
  const believes = (crl: Crl): boolean =>
    (signersOf(crl, signers, policy.path.policy, above) ?? []).some(
      (signer) => isAmong(signer, above) || signers.above(signer) !== undefined,
    );
  const time = { at, clockSkewSeconds: rules.clockSkewSeconds };
  const points = readPoints(certificate, rules.useDeltas);
  return untilEnd(
    deadline,
    async () => {
      try {
        return await context.crls.find(certificate, points, rules, time, deadline, believes);
      } catch (error) {
        return none(deadline.aborted ? lateVerdict : internalVerdict(error));
      }
    },
    () => none(lateVerdict),
  );
}

/** Say why no CRL was found. */
export function whyNoCrl({ failed }: CrlsFound): Unavailable {
  return failed[0]?.failure ?? unavailable('no-source', 'it names no CRL, and none is configured');
}

/** The word on what was not found out in time. */
export const lateVerdict: Unavailable = unavailable(
  'timeout',
  'the time for judging this peer is over',
);

/** The word on what could not be found out for a reason that is ours. */
export function internalVerdict(error: unknown): Unavailable {
  const detail = error instanceof CertError ? error.message : 'an error that is ours';
  return unavailable('internal', detail);
}

/** Give up on what does not end by itself when the deadline comes. */
export function untilEnd<T>(
  deadline: AbortSignal,
  work: () => Promise<T>,
  late: () => T,
): Promise<T> {
  if (deadline.aborted) return Promise.resolve(late());
  return new Promise<T>((resolve, reject) => {
    const over = (): void => resolve(late());
    deadline.addEventListener('abort', over, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => deadline.removeEventListener('abort', over));
  });
}

function none(failure: Unavailable): CrlsFound {
  return { crls: [], failed: [{ url: '', failure }] };
}

/** Those that cannot be read are no places; what the certificate says of them is judged with its CRLs. */
function readPoints(
  { tbsCertificate: { extensions } }: Certificate,
  withDeltas: boolean,
): readonly DistributionPoint[] {
  const points = readable(() => {
    const named = extensionValue(extensions, 'cRLDistributionPoints') ?? [];
    const deltas = withDeltas ? (extensionValue(extensions, 'freshestCRL') ?? []) : [];
    return [...named, ...deltas];
  });
  return points ?? [];
}
