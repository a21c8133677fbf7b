import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateDirectory } from '../../src/agent/state-directory.ts';

describe('stateDirectory()', () => {
  const env = { CERTKEEPER_STATE: '/env', XDG_STATE_HOME: '/xdg' };

  it('is what --state says, before everything else', () => {
    expect(stateDirectory({ option: '/opt/a/../b', env, uid: 0 })).toBe('/opt/b');
    expect(stateDirectory({ option: 'here', env, uid: 0 })).toBe(resolve('here'));
  });

  it('is CERTKEEPER_STATE, also for root', () => {
    expect(stateDirectory({ env, uid: 0 })).toBe('/env');
  });

  it('is /var/lib/certkeeper for root', () => {
    expect(stateDirectory({ env: { XDG_STATE_HOME: '/xdg' }, uid: 0, home: '/root' })).toBe(
      '/var/lib/certkeeper',
    );
  });

  it('is below XDG_STATE_HOME for others', () => {
    expect(stateDirectory({ env: { XDG_STATE_HOME: '/xdg' }, uid: 7 })).toBe('/xdg/certkeeper');
  });

  it.each([{}, { XDG_STATE_HOME: '' }, { XDG_STATE_HOME: 'relative' }, { CERTKEEPER_STATE: '' }])(
    'is below the home directory with %j',
    (empty) => {
      expect(stateDirectory({ env: empty, uid: 7, home: '/home/me' })).toBe(
        '/home/me/.local/state/certkeeper',
      );
    },
  );
});
