import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Authorities } from './authority.ts';
import type { LabSettings } from './lab-settings.ts';

/** What granting needs. */
export interface Granter {
  readonly authorities: Authorities;
  readonly settings: LabSettings;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** Scheme, host and port the lab serves at, if it does. */
  readonly place?: string;
}
