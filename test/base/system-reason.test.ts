import { expect, it } from 'vitest';
import { systemReason } from '../../src/base/system-reason.ts';

it('says in words what the operating system has refused', () => {
  const taken = Object.assign(new Error('listen EADDRINUSE: address already in use :::80'), {
    code: 'EADDRINUSE',
  });
  expect(systemReason(taken)).toBe('something else listens there');
  expect(systemReason(Object.assign(new Error('a strange one'), { code: 'toString' }))).toBe(
    'a strange one',
  );
  expect(systemReason('a text')).toBe('a text');
});
