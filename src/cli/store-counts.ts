import type { StoreCounts } from '../store/care-contract.ts';
import { plural } from './plural.ts';

/** Say how much there is in a store. */
export function countsText({ certificates, keys, authorities, transactions }: StoreCounts): string {
  return [
    plural(certificates, 'certificate', 'certificates'),
    plural(keys, 'key', 'keys'),
    plural(authorities, 'CA profile', 'CA profiles'),
    plural(transactions, 'outstanding request', 'outstanding requests'),
  ].join(', ');
}

/** The same as JSON. */
export function countsJson({
  certificates,
  keys,
  authorities,
  transactions,
}: StoreCounts): Record<string, number> {
  return { certificates, keys, caProfiles: authorities, outstanding: transactions };
}
