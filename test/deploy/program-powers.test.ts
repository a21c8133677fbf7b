import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRootsAlone, takenAway } from '../../src/deploy/program-powers.ts';

function status(ambient: string): string {
  return `Name:\tnode\nCapInh:\t${ambient}\nCapAmb:\t${ambient}\nNoNewPrivs:\t1\n`;
}

describe('takenAway()', () => {
  it('takes from programs what they would inherit of the unit, or of root’s command', () => {
    expect(takenAway(status('000000000000000b'), 999)).toStrictEqual([
      '--ambient-caps=-all',
      '--inh-caps=-all',
    ]);
  });

  it('changes nothing where there is nothing to inherit, or for root itself', () => {
    expect(takenAway(status('0000000000000000'), 999)).toStrictEqual([]);
    expect(takenAway('', 999)).toStrictEqual([]);
    expect(takenAway(status('000000000000000b'), 0)).toStrictEqual([]);
  });
});

describe('isRootsAlone()', () => {
  it('is so of what only root can change or exchange, and of nothing else', () => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-powers-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const link = join(directory, 'passwd');
    symlinkSync('/etc/passwd', link);
    expect(isRootsAlone('/etc/passwd')).toBe(true);
    for (const path of [link, directory, 'etc/passwd', '/etc/none', '/etc/../etc/passwd'])
      expect(isRootsAlone(path), path).toBe(false);
  });
});
