import type { OcspErrorStatus } from './ocsp-answer.ts';
import type { OcspStatusFault } from './ocsp-fault.ts';

/** Faults of responders that give a reason in place of a response; whoever is in the way can say as much. */
export const ocspStatusFaults: Readonly<Record<string, OcspStatusFault>> = {
  'try-later': status('It says tryLater', 'tryLater'),
  unauthorized: status('It says unauthorized: it knows nothing of that CA', 'unauthorized'),
  'internal-error': status('It says internalError', 'internalError'),
  'malformed-request': status('It says malformedRequest', 'malformedRequest'),
  'sig-required': status('It says sigRequired: it answers to signed requests only', 'sigRequired'),
};

function status(summary: string, word: OcspErrorStatus): OcspStatusFault {
  return { where: 'status', ends: 'refused', summary, status: word };
}
