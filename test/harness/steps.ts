/**
 * The staircase as data: on which step each folder of src stands, and what it may use from npm and Node.
 * The longest matching path decides; `docs/architecture.md` shows the same table with its reasons.
 */
export interface Step {
  readonly path: string;
  readonly step: number;
  readonly packages: readonly string[];
}

/** Steps below this one hold no I/O, timers, clock or randomness. */
export const waterline = 7;

/** A row a folder (or a file that stands apart from its folder), bottom to top. */
export const steps: readonly Step[] = [
  { path: 'src/base', step: 0, packages: [] },
  { path: 'src/asn1', step: 1, packages: [] },
  { path: 'src/x509', step: 2, packages: [] },
  { path: 'src/cmp/message', step: 3, packages: [] },
  { path: 'src/crypto', step: 3, packages: ['node:crypto', 'node:util'] },
  { path: 'src/revocation', step: 4, packages: [] },
  { path: 'src/settings', step: 4, packages: [] },
  { path: 'src/cms', step: 5, packages: [] },
  { path: 'src/cmp/protection', step: 5, packages: [] },
  { path: 'src/inspect', step: 6, packages: [] },
  { path: 'src/sharing', step: 6, packages: [] },
  { path: 'src/cmp/transaction', step: 6, packages: [] },
  { path: 'src/traps/alarms', step: 6, packages: [] },
  { path: 'src/pkcs', step: 6, packages: ['node:crypto'] },
  {
    path: 'src/http',
    step: 7,
    packages: ['node:http', 'node:https', 'node:net', 'node:tls'],
  },
  { path: 'src/cmp/transport', step: 8, packages: [] },
  {
    path: 'src/store',
    step: 8,
    packages: [
      'better-sqlite3',
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:worker_threads',
    ],
  },
  {
    path: 'src/retrieval',
    step: 8,
    packages: [
      'basic-ftp',
      'ldapts',
      'node:crypto',
      'node:dgram',
      'node:dns/promises',
      'node:fs',
      'node:fs/promises',
      'node:net',
      'node:path',
      'node:stream',
      'node:url',
      'ssh2-sftp-client',
    ],
  },
  { path: 'src/tokens', step: 8, packages: ['pkcs11js'] },
  { path: 'src/cmp/client', step: 9, packages: [] },
  {
    path: 'src/validation',
    step: 9,
    packages: ['node:crypto', 'node:dns/promises', 'node:net', 'node:tls'],
  },
  {
    path: 'src/deploy',
    step: 9,
    packages: [
      'node:child_process',
      'node:fs',
      'node:fs/promises',
      'node:net',
      'node:path',
      'node:timers/promises',
      'node:tls',
    ],
  },
  { path: 'src/ocsp-staple', step: 9, packages: ['node:async_hooks', 'node:tls'] },
  { path: 'src/metrics', step: 9, packages: ['prom-client'] },
  { path: 'src/traps', step: 9, packages: ['net-snmp', 'node:crypto'] },
  { path: 'src/lifecycle', step: 10, packages: ['croner'] },
  {
    path: 'src/ca',
    step: 10,
    packages: ['node:http', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:path'],
  },
  { path: 'src/scheduler', step: 11, packages: ['croner'] },
  { path: 'src/config', step: 11, packages: ['node:fs/promises', 'node:path', 'yaml', 'zod'] },
  {
    path: 'src/agent',
    step: 12,
    packages: [
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:http',
      'node:https',
      'node:net',
      'node:os',
      'node:path',
      'node:timers/promises',
      'node:tls',
    ],
  },
  { path: 'src/cmp/index.ts', step: 12, packages: [] },
  { path: 'src/ca/index.ts', step: 12, packages: [] },
  { path: 'src/errors.ts', step: 12, packages: [] },
  {
    path: 'src/cli',
    step: 13,
    packages: [
      'node:fs',
      'node:fs/promises',
      'node:module',
      'node:os',
      'node:path',
      'node:process',
      'node:readline',
      'node:readline/promises',
      'node:stream',
      'node:tty',
      'node:util',
    ],
  },
  { path: 'src/index.ts', step: 13, packages: [] },
  { path: 'src/validation/index.ts', step: 13, packages: [] },
  { path: 'src/ocsp-staple/index.ts', step: 13, packages: [] },
];

/** The one place where dotted OIDs are written. */
export const oidTable = 'src/asn1/oids.ts';

/** The public faces: the only files called index.ts. */
export const publicFaces: readonly string[] = [
  'src/index.ts',
  'src/cmp/index.ts',
  'src/ca/index.ts',
  'src/validation/index.ts',
  'src/ocsp-staple/index.ts',
];

/** No file is longer. */
export const maxLines = 400;
