import { spawnSync } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { manualFiles } from '../../src/cli/manual-files.ts';
import { requirePeer } from '../harness/require.ts';

beforeEach((context) => requirePeer(context, 'groff'));

const pages = [...manualFiles()].filter(([path]) => path.startsWith('man/'));

describe('the manual pages', () => {
  it.each(pages)('%s is formatted without a warning', (_, page) => {
    for (const device of ['utf8', 'ascii', 'ps']) {
      const args = ['-man', '-ww', '-z', `-T${device}`];
      const { status, stdout, stderr } = spawnSync('groff', args, { input: page });
      expect({ status, said: stdout.toString() + stderr.toString() }, device).toEqual({
        status: 0,
        said: '',
      });
    }
  });

  it('read as they were written', () => {
    const page = manualFiles().get('man/certkeeper-ca.1') ?? '';
    const { stdout } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou'], { input: page });
    const text = stdout.toString();
    expect(text).toMatch(/^NAME\n +certkeeper-ca - /m);
    expect(text).toMatch(/^ +certkeeper ca add L /m);
    expect(text).toContain('certkeeper ca add rootA url http://ra.example/pkix/');
  });
});
