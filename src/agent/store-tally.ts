import type { ValidationTally } from '../validation/validation-tally.ts';
import type { Services } from './compose.ts';

/**
 * Store what was counted; what cannot be stored is counted on.
 *
 * @throws {CertError} STORE_*
 */
export async function storeTally(
  tally: ValidationTally,
  { store, clock }: Pick<Services, 'store' | 'clock'>,
): Promise<void> {
  const gains = tally.take();
  try {
    await store.validationStatistics.add(gains, clock.now());
  } catch (error) {
    tally.giveBack(gains);
    throw error;
  }
}
