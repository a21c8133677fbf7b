import { labSettings } from '../ca/lab-settings.ts';
import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-lab.ts';

/** Commands for trying things before production. */
export const labCommands: readonly Command[] = [
  defineCommand({
    words: ['lab'],
    changes: 'lab',
    summary: 'Run a CA and RA for trying things, on the loopback interface',
    parameters: { ...table.labPlaceParameters, ...labSettings },
    example: 'lab port 8080 dir ./lab',
    load: () => import('./commands/lab.ts'),
  }),
  defineCommand({
    words: ['lab', 'requests'],
    changes: 'nothing',
    summary: 'List the requests that wait for approval in the lab',
    parameters: { ...table.labRequestsParameters, ...table.labDirParameters },
    load: () => import('./commands/lab-requests.ts'),
  }),
  defineCommand({
    words: ['lab', 'approve'],
    changes: 'lab',
    summary: 'Let the lab issue a waiting request',
    parameters: { ...table.labRequestParameters, ...table.labDirParameters },
    load: () => import('./commands/lab-approve.ts'),
  }),
  defineCommand({
    words: ['lab', 'deny'],
    changes: 'lab',
    summary: 'Let the lab reject a waiting request',
    parameters: {
      ...table.labRequestParameters,
      ...table.labDenyParameters,
      ...table.labDirParameters,
    },
    load: () => import('./commands/lab-deny.ts'),
  }),
  defineCommand({
    words: ['lab', 'roll-root'],
    changes: 'lab',
    summary: 'Give the lab a new root, which the old one vouches for',
    parameters: { ...table.labDirParameters },
    load: () => import('./commands/lab-roll-root.ts'),
  }),
  defineCommand({
    words: ['lab', 'ocsp-fault'],
    changes: 'lab',
    summary: 'Have the OCSP responder of the lab that runs do something wrong',
    parameters: { ...table.labOcspFaultParameters, ...table.labDirParameters },
    example: 'lab ocsp-fault try-later*3 dir ./lab',
    load: () => import('./commands/lab-ocsp-fault.ts'),
  }),
  defineCommand({
    words: ['no', 'lab', 'ocsp-fault'],
    changes: 'lab',
    summary: 'Have the OCSP responder of the lab be right again',
    parameters: { ...table.labDirParameters },
    load: () => import('./commands/no-lab-ocsp-fault.ts'),
  }),
  defineCommand({
    words: ['demo'],
    changes: 'nothing',
    summary: 'Take a guided tour with a lab CA; leaves nothing behind',
    parameters: table.demoParameters,
    load: () => import('./commands/demo.ts'),
  }),
];
