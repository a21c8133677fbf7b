import type { labSettings } from '../ca/lab-settings.ts';

/** `lab`: where it is, and whom it knows; how it behaves is in `labSettings`. */
export const labPlaceParameters = {
  port: {
    type: 'integer',
    min: 0,
    max: 65_535,
    default: 8080,
    placeholder: 'P',
    summary: 'TCP port; 0 takes a free one',
  },
  address: {
    type: 'text',
    placeholder: 'IP',
    summary: 'Loopback address to listen on; 127.0.0.1 and ::1 when left out',
  },
  dir: {
    type: 'directory',
    placeholder: 'DIR',
    summary: 'Where the lab keeps its state; in the state directory when left out',
  },
  secret: {
    type: 'secret',
    withReference: true,
    many: true,
    placeholder: 'REF:SECRET',
    summary: 'Shared secrets, each with its reference value in front; a new lab makes one',
  },
  dump: {
    type: 'directory',
    placeholder: 'DIR',
    summary: 'Write every message there, as DER and as text',
  },
  fault: {
    type: 'text',
    many: true,
    placeholder: 'NAME[@BODY][*N]',
    summary: 'Faults to commit once, or N times: in the first answer that fits, or the first BODY',
  },
  'ocsp-fault': {
    type: 'text',
    many: true,
    placeholder: 'NAME[@SERIAL][*N]',
    summary: 'Faults of the OCSP responder: N times, or until no lab ocsp-fault',
  },
} as const;

/** `lab ocsp-fault`. */
export const labOcspFaultParameters = {
  fault: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'NAME[@SERIAL][*N]',
    summary: 'Fault of the OCSP responder, for one certificate only, or N times only',
  },
} as const;

/** Which lab an approval command talks to. */
export const labDirParameters = {
  dir: {
    type: 'directory',
    placeholder: 'DIR',
    summary: 'Where the lab keeps its state; in the state directory when left out',
  },
} as const;

/** `lab requests`. */
export const labRequestsParameters = {
  all: { type: 'flag', summary: 'Those that are decided too' },
} as const;

/** `lab approve` and `lab deny`. */
export const labRequestParameters = {
  id: {
    type: 'integer',
    min: 1,
    max: 1_000_000_000,
    required: true,
    positional: true,
    placeholder: 'ID',
    summary: 'The waiting request, as listed by lab requests',
  },
} as const;

/** `lab deny`. */
export const labDenyParameters = {
  reason: { type: 'text', summary: 'What to tell the requester' },
} as const;

/** `demo`. */
export const demoParameters = {
  keep: { type: 'flag', summary: 'Leave the state and files of the tour, and say where they are' },
} as const;

/** Parameters of `lab`. */
export type LabParameters = typeof labPlaceParameters & typeof labSettings;

/** Parameters of `lab requests`. */
export type LabRequestsParameters = typeof labRequestsParameters & typeof labDirParameters;

/** Parameters of `lab approve`. */
export type LabApproveParameters = typeof labRequestParameters & typeof labDirParameters;

/** Parameters of `lab ocsp-fault`. */
export type LabOcspFaultParameters = typeof labOcspFaultParameters & typeof labDirParameters;

/** Parameters of `lab deny`. */
export type LabDenyParameters = LabApproveParameters & typeof labDenyParameters;
