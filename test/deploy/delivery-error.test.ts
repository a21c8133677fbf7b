import { describe, expect, it } from 'vitest';
import { deliveryError } from '../../src/deploy/delivery-error.ts';

describe('deliveryError()', () => {
  it.each([
    [{ code: 'ENOSPC', syscall: 'write' }, /^Free some space, or choose/],
    [{ code: 'EACCES', syscall: 'open' }, /^Let this user write there, or choose/],
    [{ code: 'EPERM', syscall: 'fchown' }, /^Leave owner and group out, run this as root, /],
  ])('says what to do about %o', (properties, hint) => {
    const error = Object.assign(new Error('no'), properties);
    const place = { name: 'gw1', where: 'web', elsewhere: 'choose other files' };
    expect(deliveryError(error, place)).toMatchObject({
      code: 'DELIVERY_FAILED',
      hint: expect.stringMatching(hint),
    });
  });
});
