import { describe, expect, it } from 'vitest';
import { grantValidity } from '../../src/ca/validity.ts';
import type { OptionalValidity } from '../../src/cmp/message/cert-template.ts';
import { timeOf } from '../../src/x509/time.ts';

const now = new Date('2026-11-01T12:00:00Z');
const issuer = {
  notBefore: timeOf(new Date('2026-11-01T11:00:00Z')),
  notAfter: timeOf(new Date('2027-11-01T00:00:00Z')),
};
const days30 = 30 * 86_400;

function asking(notBefore?: string, notAfter?: string): OptionalValidity {
  return {
    ...(notBefore !== undefined && { notBefore: timeOf(new Date(notBefore)) }),
    ...(notAfter !== undefined && { notAfter: timeOf(new Date(notAfter)) }),
  };
}

describe('grantValidity()', () => {
  it.each<[string, OptionalValidity | undefined, string, string, boolean]>([
    ['nothing', undefined, '2026-11-01T12:00:00Z', '2026-12-01T12:00:00Z', false],
    [
      'what the lab allows',
      asking('2026-11-02T00:00:00Z', '2026-11-09T00:00:00Z'),
      '2026-11-02T00:00:00Z',
      '2026-11-09T00:00:00Z',
      false,
    ],
    [
      'a begin when the request left, minutes ago',
      asking('2026-11-01T11:56:00Z'),
      '2026-11-01T11:56:00Z',
      '2026-12-01T11:56:00Z',
      false,
    ],
    [
      'a begin long past',
      asking('2020-01-01T00:00:00Z'),
      '2026-11-01T12:00:00Z',
      '2026-12-01T12:00:00Z',
      true,
    ],
    [
      'more than is set',
      asking(undefined, '2027-03-01T00:00:00Z'),
      '2026-11-01T12:00:00Z',
      '2026-12-01T12:00:00Z',
      true,
    ],
    [
      'an end after that of the CA',
      asking('2027-10-20T00:00:00Z', '2027-11-10T00:00:00Z'),
      '2027-10-20T00:00:00Z',
      '2027-11-01T00:00:00Z',
      true,
    ],
  ])('of %s asked for', (_, asked, notBefore, notAfter, isModified) => {
    expect(grantValidity(asked, issuer, days30, now)).toEqual({
      type: 'validity',
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      isModified,
    });
  });

  it('never begins before the CA does', () => {
    const young = { ...issuer, notBefore: timeOf(new Date('2026-11-01T11:59:00Z')) };
    expect(grantValidity(asking('2026-11-01T11:58:00Z'), young, days30, now)).toMatchObject({
      notBefore: now,
      isModified: true,
    });
  });

  it.each<[string, OptionalValidity]>([
    ['is over', asking(undefined, '2026-11-01T12:00:00Z')],
    ['ends before it begins', asking('2026-12-02T00:00:00Z', '2026-12-01T00:00:00Z')],
    ['begins when the CA is no more', asking('2027-11-01T00:00:00Z')],
  ])('refuses a validity that %s as badCertTemplate', (_, asked) => {
    expect(grantValidity(asked, issuer, days30, now)).toMatchObject({
      type: 'refusal',
      failInfo: 'badCertTemplate',
    });
  });

  it('does not blame the request for a CA that is no more', () => {
    const later = new Date('2028-01-01T00:00:00Z');
    expect(grantValidity(undefined, issuer, days30, later)).toMatchObject({
      type: 'refusal',
      failInfo: 'systemUnavail',
    });
  });
});
