import type { Clock } from '../base/clock.ts';
import type { Staples } from '../store/staples-contract.ts';
import type { StapleSource } from './contract.ts';
import { isShown } from './decide.ts';

/** Find staples in the store, each only as long as it may be shown. */
export function stapleSource(
  staples: Pick<Staples, 'get'>,
  clock: Pick<Clock, 'now'>,
): StapleSource {
  return {
    async current(certificate) {
      const held = (await staples.get(certificate))?.held;
      return isShown(held, clock.now()) ? held : undefined;
    },
  };
}
