import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { programPath } from '../../scripts/peer-packages.ts';
import { requirePeer } from '../harness/require.ts';
import { mibDirectory } from './snmp-trapd.ts';

describe('smilint', () => {
  beforeEach((context) => {
    requirePeer(context, 'smitools');
    // NET-SNMP-MIB comes with it.
    requirePeer(context, 'snmptrapd');
  });

  it.each([
    ['1.3.6.1.4.1.8072.9999.9999.4210', 6],
    // It would have a name for each number between.
    ['1.3.6.1.4.1.99999.7', 4],
    ['1.3.6.1.4.1.99999', 4],
  ])('has nothing to say about our MIB below %s, at level %d', (baseOid, level) => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-mib-'));
    try {
      const mibs = mibDirectory(directory, baseOid);
      copyFileSync(join(mibs, 'CERT-LIFECYCLE-MIB'), join(directory, 'CERT-LIFECYCLE-MIB.txt'));
      const { status, stdout, stderr } = spawnSync(
        'smilint',
        ['-c', '/dev/null', '-l', String(level), '-s', './CERT-LIFECYCLE-MIB.txt'],
        { cwd: directory, env: { PATH: programPath, SMIPATH: mibs }, encoding: 'utf8' },
      );
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
