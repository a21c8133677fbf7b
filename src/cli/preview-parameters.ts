import type { ParameterTable } from './parameter.ts';

/** Added to every command that changes something and shows no request of its own. */
export const previewParameters: ParameterTable = {
  'dry-run': {
    type: 'flag',
    summary: 'Check everything that is checked before, and write and send nothing',
  },
};
