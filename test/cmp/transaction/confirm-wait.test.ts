import { describe, expect, it } from 'vitest';
import { CertError } from '../../../src/base/errors.ts';
import { info } from '../../../src/cmp/message/info-values.ts';
import type { PKIHeader } from '../../../src/cmp/message/pki-header.ts';
import { confirmBefore } from '../../../src/cmp/transaction/confirm-wait.ts';
import { nullDn } from '../../../src/x509/name.ts';
import { now, pkiconf, type AnswerOptions } from '../answers.ts';
import { play } from '../scripted-ca.ts';
import { granting } from './states.ts';

const nobody = { type: 'directoryName', value: nullDn } as const;

function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function headerWith(parts: Partial<PKIHeader>): PKIHeader {
  return { pvno: 2, sender: nobody, recipient: nobody, ...parts };
}

function granted(seconds: number): AnswerOptions {
  return { body: granting, header: { generalInfo: [info('confirmWaitTime', later(seconds))] } };
}

describe('confirmBefore()', () => {
  it('reckons the wait from messageTime, and puts it on our clock [C13]', () => {
    const generalInfo = [info('confirmWaitTime', later(3660))];
    const header = headerWith({ generalInfo, messageTime: later(3600) });
    expect(confirmBefore(header, now)).toEqual({ confirmBefore: later(60) });
  });

  it('takes it as it stands where there is no messageTime, and knows of none otherwise [C13]', () => {
    const generalInfo = [info('confirmWaitTime', later(60))];
    expect(confirmBefore(headerWith({ generalInfo }), now)).toEqual({ confirmBefore: later(60) });
    expect(confirmBefore(headerWith({ messageTime: now }), now)).toEqual({});
  });
});

describe('a certConf whose answer is lost', () => {
  const timeout = new CertError('NETWORK_TIMEOUT', 'Cannot wait any longer');
  const confirmed: AnswerOptions = { body: pkiconf };

  it('is sent at once, and again within confirmWaitTime [C13]', async () => {
    const scene = play([granted(60), timeout, confirmed]);
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(scene.requests[1]?.header.messageTime).toEqual(now);
    expect(scene.sent[2]).toEqual(scene.sent[1]);
  });

  it('is not sent again once confirmWaitTime is over [C13]', async () => {
    const scene = play([granted(0), timeout, confirmed]);
    await expect(scene.run()).rejects.toBe(timeout);
    expect(scene.requests.map(({ body }) => body.type)).toEqual(['ir', 'certConf']);
  });
});
