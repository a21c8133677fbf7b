import { describe, expect, it } from 'vitest';
import {
  formatStatus,
  formatTexts,
  limitStatus,
  limitTexts,
  statusInfoOf,
  statusTextOf,
} from '../../../src/cmp/message/status-text.ts';
import { vectorMessage } from '../vectors.ts';

describe('formatStatus()', () => {
  it('names status and failure bits, and gives the text in full', () => {
    expect(
      formatStatus({
        status: 'rejection',
        failInfo: ['badPOP', 'badRequest'],
        statusString: ['no proof', 'kein Beweis'],
      }),
    ).toBe('rejection (badPOP, badRequest): no proof; kein Beweis');
    expect(formatStatus({ status: 'waiting' })).toBe('waiting');
    expect(formatStatus({ status: 'rejection', failInfo: ['bit27'] })).toBe('rejection (bit27)');
  });

  it('shows what a text could do to a terminal instead of doing it', () => {
    const statusString = ['\u001b[2Jgone\r\nexit 0', 'a\u202eb\u2028c\u0085d\u009be'];
    expect(formatStatus({ status: 'rejection', statusString })).toBe(
      'rejection: \\u001b[2Jgone\\u000d\\u000aexit 0; a\\u202eb\\u2028c\\u0085d\\u009be',
    );
  });
});

describe('a text that is longer than anybody reads', () => {
  const long = 'A\u001b]0;pwn\u0007\u202e'.repeat(60_000);
  const rejection = { status: 'rejection', statusString: [long] } as const;
  const body = {
    type: 'error',
    value: { pKIStatusInfo: rejection, errorDetails: [long] },
  } as const;

  it('is cut at 16 KiB when it is verified, and at 1 KiB when it is not, and says so', () => {
    expect(formatStatus(rejection)).toMatch(/^rejection: A\\u001b/);
    expect(formatStatus(rejection)).toMatch(/… \(\d+ more\)$/);
    expect(formatStatus(rejection).length).toBeLessThan(16_500);
    expect(statusTextOf(body).length).toBeLessThan(1100);
    expect(statusTextOf(body, 16_384).length).toBeLessThan(16_500);
  });

  it('is no more than twenty texts', () => {
    const statusString = Array.from({ length: 100 }, (_, i) => `text ${i}`);
    expect(formatStatus({ status: 'waiting', statusString })).toMatch(
      /^waiting: text 0; .*; text 19; … \(80 more texts\)$/,
    );
    const response = Array.from({ length: 9000 }, () => ({ certReqId: 0, status: rejection }));
    expect(statusTextOf({ type: 'ip', value: { response } }).length).toBeLessThan(1100);
  });

  it('is not kept longer either', () => {
    const { statusString = [] } = limitStatus(rejection);
    expect(statusString.join('').length).toBeLessThan(16_500);
    expect(limitStatus({ status: 'waiting' })).toEqual({ status: 'waiting' });
    const many = Array.from({ length: 100 }, () => 'a');
    expect(limitTexts(many)).toHaveLength(21);
  });

  it('shows the details of an error by the same measure', () => {
    expect(formatTexts(['out of\tpaper', 'b'])).toBe('out of\\u0009paper; b');
    expect(formatTexts([long]).length).toBeLessThan(16_500);
  });
});

describe('statusTextOf()', () => {
  it('finds the status of every body that has one', () => {
    expect(statusTextOf(vectorMessage('ir-rejection.rsp1').body)).toMatch(/^rejection/);
    expect(statusTextOf(vectorMessage('ir-error.rsp1').body)).toMatch(/^rejection/);
    expect(statusTextOf(vectorMessage('rr-sig-ec.rsp1').body)).toMatch(/^accepted/);
    expect(statusTextOf(vectorMessage('ir-poll3.rsp1').body)).toBe('waiting');
    expect(statusTextOf(vectorMessage('ir-pbm.rsp2').body)).toBe('');
  });

  it('adds the details of an error, shown and not obeyed', () => {
    const value = {
      pKIStatusInfo: { status: 'rejection' },
      errorDetails: ['out of\tpaper'],
    } as const;
    expect(statusTextOf({ type: 'error', value })).toBe('rejection [out of\\u0009paper]');
  });
});

describe('statusInfoOf()', () => {
  it('finds the status of ip, cp, kup, rp and error, and of nothing else', () => {
    expect(statusOf('ir-pbm.rsp1')).toBe('accepted');
    expect(statusOf('p10cr-sig-ec.rsp1')).toBe('accepted');
    expect(statusOf('kur-sig-ec.rsp1')).toBe('accepted');
    expect(statusOf('rr-sig-ec.rsp1')).toBe('accepted');
    expect(statusOf('ir-error.rsp1')).toBe('rejection');
    expect(statusOf('ir-pbm.rsp2')).toBeUndefined();
    expect(statusOf('ir-poll3.rsp2')).toBeUndefined();
  });
});

function statusOf(name: string): string | undefined {
  return statusInfoOf(vectorMessage(name).body)?.status;
}
