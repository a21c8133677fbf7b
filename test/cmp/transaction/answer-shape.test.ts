import { describe, expect, it } from 'vitest';
import type { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import { receive } from '../../../src/cmp/transaction/enrollment.ts';
import type { Step } from '../../../src/cmp/transaction/step.ts';
import type { Phase } from '../../../src/cmp/transaction/state.ts';
import { now, pkiconf, verifiedAnswer } from '../answers.ts';
import {
  awaitingCertificate,
  certificate,
  confirming,
  errorBody,
  refusing,
  requested,
  response,
  stateIn,
  withCertificate,
} from './states.ts';

const polled: Phase = { type: 'polled', value: awaitingCertificate };
const rejection = { status: 'rejection', failInfo: ['badPOP'], statusString: ['no'] } as const;

/** Take a real answer, protected and verified, in a phase of an ir. */
async function take(phase: Phase, body: PKIBody): Promise<Step> {
  const verified = await verifiedAnswer(body);
  return receive(stateIn(phase), verified, now, { minPollSeconds: 5 });
}

describe('an answer of the wrong shape', () => {
  const two: PKIBody = {
    type: 'ip',
    value: {
      response: [
        { certReqId: 0, status: { status: 'rejection' } },
        { certReqId: 1, status: { status: 'rejection' } },
      ],
    },
  };
  const encrypted: PKIBody = response(
    'ip',
    { status: 'accepted' },
    { certifiedKeyPair: { certOrEncCert: { type: 'encryptedCert', value: Uint8Array.of(5, 0) } } },
  );
  const withPrivateKey: PKIBody = response(
    'ip',
    { status: 'accepted' },
    {
      certifiedKeyPair: {
        certOrEncCert: { type: 'certificate', value: certificate },
        privateKey: Uint8Array.of(5, 0),
      },
    },
  );

  it.each<[string, PKIBody, string]>([
    ['two CertResponses', two, 'it has 2 CertResponses, expected 1'],
    ['no CertResponse', { type: 'ip', value: { response: [] } }, 'it has 0 CertResponses'],
    ['certReqId 77', response('ip', rejection, { certReqId: 77 }), 'certReqId is 77, expected 0'],
    ['certReqId -1', response('ip', rejection, { certReqId: -1 }), 'certReqId is -1, expected 0'],
    [
      'accepted without certificate',
      response('ip', { status: 'accepted' }),
      'status is accepted, but no certificate is in it',
    ],
    [
      'grantedWithMods without certificate',
      response('ip', { status: 'grantedWithMods' }),
      'status is grantedWithMods, but no certificate is in it',
    ],
    [
      'failInfo beside a certificate',
      response('ip', { status: 'accepted', failInfo: ['badAlg'] }, withCertificate),
      'status is accepted, but failInfo is in it',
    ],
    [
      'failInfo beside waiting',
      response('ip', { status: 'waiting', failInfo: ['badAlg'] }),
      'status is waiting, but failInfo is in it',
    ],
    [
      'waiting with a certificate',
      response('ip', { status: 'waiting' }, withCertificate),
      'status is waiting, but a certificate is in it',
    ],
    [
      'rejection with a certificate',
      response('ip', { status: 'rejection' }, withCertificate),
      'status is rejection, but a certificate is in it',
    ],
    ['an encrypted certificate', encrypted, 'the certificate is encrypted'],
    ['a private key', withPrivateKey, 'it brings a private key'],
    ['another status', response('ip', { status: 'revocationWarning' }), 'status is revocationW'],
  ])('is refused when it has %s, polled for or not [C2][C3][R14]', async (_, body, why) => {
    for (const phase of [requested, polled]) {
      await expect(take(phase, body)).rejects.toMatchObject({
        code: 'CMP_RESPONSE_INVALID',
        message: expect.stringContaining(`Cannot accept "ip": ${why}`),
      });
    }
  });

  it.each(['accepted', 'grantedWithMods', 'keyUpdateWarning'] as const)(
    'is refused when an error message has the status %s [R13]',
    async (status) => {
      for (const phase of [requested, polled, confirming, refusing]) {
        await expect(take(phase, errorBody({ status }))).rejects.toMatchObject({
          code: 'CMP_RESPONSE_INVALID',
        });
      }
    },
  );

  it.each<[string, PKIBody]>([
    ['cp', response('cp', { status: 'accepted' }, withCertificate)],
    ['cp', response('cp', { status: 'waiting' })],
    ['kup', response('kup', { status: 'accepted' }, withCertificate)],
    ['pkiconf', pkiconf],
    ['pollReq', { type: 'pollReq', value: [{ certReqId: 0 }] }],
    ['genp', { type: 'genp', value: [] }],
    ['rp', { type: 'rp', value: { status: [{ status: 'accepted' }] } }],
    ['certConf', { type: 'certConf', value: [] }],
    ['ir', { type: 'ir', value: [{ certReq: { certReqId: 0, certTemplate: {} } }] }],
  ])('is refused when it is a %s in answer to an ir [R13]', async (type, body) => {
    for (const phase of [requested, polled]) {
      await expect(take(phase, body)).rejects.toMatchObject({
        code: 'CMP_BODY_UNEXPECTED',
        message: `Cannot accept "${type}": expected "ip"`,
      });
    }
  });

  it('is refused when it is a pollRep though nothing was polled for', async () => {
    const body: PKIBody = { type: 'pollRep', value: [{ certReqId: 0, checkAfter: 1 }] };
    await expect(take(requested, body)).rejects.toMatchObject({ code: 'CMP_BODY_UNEXPECTED' });
  });
});
