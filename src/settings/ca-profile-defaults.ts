import type { Label } from '../base/label.ts';
import type { CaProfile } from './ca-profile.ts';

/** What a CA profile says where nobody says otherwise: strict, as RFC 9483 has it. */
export const caProfileDefaults = {
  implicitConfirm: true,
  /** Until it can be found out whether a CA knows PBMAC1. */
  protection: 'pbm',
  pbmOwf: 'sha256',
  pbmMac: 'hmac-sha256',
  /** RFC 9045 section 4.1: at least 10 000 where a person may have chosen the secret. */
  pbmIterations: 10_000,
  timeToleranceSeconds: 300,
  transactionDeadlineSeconds: 1_209_600,
  minPollSeconds: 5,
  connectTimeoutSeconds: 10,
  responseTimeoutSeconds: 60,
} as const;

/** Fill in a CA profile: where it is and whom to believe has to be said. */
export function caProfile(
  given: Pick<CaProfile, 'url' | 'roots'> & Partial<CaProfile> & { readonly label: Label },
): CaProfile {
  const { pbmOwf: owf, pbmMac: mac, pbmIterations: iterationCount, ...others } = caProfileDefaults;
  return {
    ...others,
    cmpRoots: [],
    intermediates: [],
    pbm: { owf, mac, iterationCount },
    allowLegacyAlgorithms: false,
    trustCapubs: false,
    ...given,
  };
}
