import { describe, expect, it } from 'vitest';
import { agentActor, userActor } from '../../src/agent/actor.ts';

const self = { pid: 7, host: 'gw' };

function unknown(): never {
  throw new Error('not there');
}

const nobody = { loginName: unknown, uid: () => undefined, file: unknown };

describe('userActor()', () => {
  it('names the user the system knows, and not the one LOGNAME names', () => {
    const env = { LOGNAME: 'mallory', USER: 'mallory' };
    expect(userActor(self, env, { ...nobody, loginName: () => 'alice' })).toStrictEqual({
      type: 'user',
      user: 'alice',
      pid: 7,
      host: 'gw',
    });
  });

  it('gives the number of a user without a name', () => {
    expect(userActor(self, {}, { ...nobody, uid: () => 4711 }).user).toBe('4711');
    expect(userActor(self, {}, nobody).user).toBeUndefined();
  });

  it.each([
    ['alice', 'root (sudo by alice)'],
    ['root', 'root'],
    ['alice\u001b[2J', 'root'],
    ['x'.repeat(65), 'root'],
  ])('adds who came by sudo (%j)', (sudo, user) => {
    const sources = { ...nobody, loginName: () => 'root' };
    expect(userActor(self, { SUDO_USER: sudo }, sources).user).toBe(user);
  });

  it('names the terminal behind any of the three files', () => {
    const files = ['pipe:[1]', '/dev/null', '/dev/pts/3'];
    const sources = { ...nobody, file: (at: 0 | 1 | 2) => files[at] ?? '' };
    expect(userActor(self, {}, sources).tty).toBe('pts/3');
    expect(userActor(self, {}, { ...sources, file: () => '/dev/pts/../x' }).tty).toBeUndefined();
  });
});

describe('agentActor()', () => {
  it('has no user and no terminal', () => {
    expect(agentActor(self)).toStrictEqual({ type: 'agent', pid: 7, host: 'gw' });
  });
});
