import type { Label } from '../base/label.ts';
import type { CaProfile, PresetName } from './ca-profile.ts';
import { presets } from './presets.ts';

/** Fill in a CA profile: where it is and whom to believe has to be said, the rest comes from the preset. */
export function caProfile(
  given: Pick<CaProfile, 'url' | 'roots'> & Partial<CaProfile> & { readonly label: Label },
): CaProfile {
  const preset: PresetName = given.preset ?? 'rfc9483';
  return {
    ...presets[preset].behaviour,
    preset,
    operationLabels: false,
    cmpRoots: [],
    intermediates: [],
    tlsRoots: [],
    ...given,
  };
}
