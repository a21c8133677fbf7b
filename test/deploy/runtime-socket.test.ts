import { describe, expect, it } from 'vitest';
import { isStrange, refuseStrangeSocket, strangeAt } from '../../src/deploy/runtime-socket.ts';

describe('isStrange()', () => {
  it.each([
    ['somebody in a directory for everybody', 0o1777, 99, true],
    ['somebody in a directory without a sticky bit', 0o777, 99, true],
    ['root in a directory for everybody', 0o1777, 0, false],
    ['ourselves in a directory for everybody', 0o1777, 7, false],
    ['the user of HAProxy in its directory', 0o2775, 99, false],
  ])('of a socket of %s', (_name, mode, uid, expected) => {
    expect(isStrange({ mode }, { uid }, 7)).toBe(expected);
  });
});

describe('strangeAt()', () => {
  const owners: Readonly<Record<string, number>> = {
    '/tmp/theirs': 99,
    '/tmp/theirs/charon.vici': 99,
    '/tmp/link': 99,
    '/tmp/ours': 7,
    '/run/charon': 99,
    '/run/charon/charon.vici': 99,
  };
  const fs = {
    status: async (path: string) => ({ uid: owners[path] ?? 0 }),
    targetStatus: async (path: string) => ({ mode: path === '/tmp' ? 0o1777 : 0o755 }),
  };

  it.each([
    ['a symbolic link of somebody in a directory for everybody', '/tmp/link', '/tmp/link'],
    ['a directory of somebody in one', '/tmp/theirs/charon.vici', '/tmp/theirs'],
    ['a link below such a directory', '/tmp/theirs/a/b', '/tmp/theirs'],
    ['a directory of our own in one', '/tmp/ours/charon.vici', undefined],
    ['the directory of charon', '/run/charon/charon.vici', undefined],
  ])('finds what anybody could have made at %s', async (_name, socket, strange) => {
    expect((await strangeAt(socket, fs, 7))?.path).toBe(strange);
  });
});

describe('refuseStrangeSocket()', () => {
  it('has nothing against a socket that is not there', async () => {
    expect(await refuseStrangeSocket('/nonexistent/haproxy.sock', 'Move it')).toBeUndefined();
  });
});
