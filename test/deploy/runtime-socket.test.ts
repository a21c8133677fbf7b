import { describe, expect, it } from 'vitest';
import { isStrange, refuseStrangeSocket } from '../../src/deploy/runtime-socket.ts';

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

describe('refuseStrangeSocket()', () => {
  it('has nothing against a socket that is not there', async () => {
    expect(await refuseStrangeSocket('/nonexistent/haproxy.sock', 'Move it')).toBeUndefined();
  });
});
