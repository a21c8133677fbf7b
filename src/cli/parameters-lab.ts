/** `lab`: the CA and RA for trying things. */
export const labParameters = {
  port: {
    type: 'integer',
    min: 0,
    max: 65_535,
    default: 8080,
    placeholder: 'P',
    summary: 'TCP port on the loopback interface; 0 takes a free one',
  },
  dir: {
    type: 'directory',
    placeholder: 'DIR',
    summary: 'Where the lab keeps its state; in the state directory when left out',
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

/** `lab approve` and `lab deny`. */
export const labRequestParameters = {
  id: {
    type: 'text',
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

/** Parameters of `lab approve`. */
export type LabApproveParameters = typeof labRequestParameters & typeof labDirParameters;

/** Parameters of `lab deny`. */
export type LabDenyParameters = LabApproveParameters & typeof labDenyParameters;
