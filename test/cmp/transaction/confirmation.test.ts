import { describe, expect, it } from 'vitest';
import { toDer } from '../../../src/asn1/codec.ts';
import type { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import { accept, pvnoFor, receive, refuse } from '../../../src/cmp/transaction/enrollment.ts';
import type { Issued, Step } from '../../../src/cmp/transaction/step.ts';
import type { Phase } from '../../../src/cmp/transaction/state.ts';
import { certHash } from '../../../src/crypto/cert-hash.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { Certificate, certificateDer, decodeCertificate } from '../../../src/x509/certificate.ts';
import { now, pkiconf, verifiedAnswer } from '../answers.ts';
import {
  awaitingPkiconf,
  certificate,
  confirming,
  errorBody,
  granting,
  refusing,
  response,
  stateIn,
} from './states.ts';

const polledForPkiconf: Phase = { type: 'polled', value: awaitingPkiconf };
const polledForRefusal: Phase = {
  type: 'polled',
  value: { ...awaitingPkiconf, from: { type: 'refusing', value: { reason: 'wrong key' } } },
};
const rejection = { status: 'rejection', failInfo: ['badPOP'], statusString: ['no'] } as const;

/** Take a real answer, protected and verified, in a phase of an ir. */
async function take(phase: Phase, body: PKIBody): Promise<Step> {
  const verified = await verifiedAnswer(body);
  return receive(stateIn(phase), verified, now, { minPollSeconds: 5 });
}

describe('judging', () => {
  const issued: Issued = {
    certificate,
    extraCerts: [],
    caPubs: [],
    ignoredCaPubs: [],
    isUnderMac: true,
    certReqId: 0,
    status: { status: 'accepted' },
    implicitConfirm: false,
  };
  const { hash } = certHash(certificateDer(certificate), certificate.signatureAlgorithm);

  it('confirms a certificate that is accepted, status written out [C10]', () => {
    expect(accept(issued)).toEqual({
      type: 'send',
      phase: confirming,
      body: {
        type: 'certConf',
        value: [{ certHash: hash, certReqId: 0, statusInfo: { status: 'accepted' } }],
      },
    });
  });

  it('sends nothing for one that is accepted under implicitConfirm [C8]', () => {
    expect(accept({ ...issued, implicitConfirm: true })).toEqual({
      type: 'done',
      outcome: { type: 'granted' },
    });
  });

  it('tells the CA why one is refused [C11]', () => {
    expect(refuse(issued, { reason: 'wrong key', failInfo: 'badCertTemplate' })).toEqual({
      type: 'send',
      phase: refusing,
      body: {
        type: 'certConf',
        value: [
          {
            certHash: hash,
            certReqId: 0,
            statusInfo: {
              status: 'rejection',
              statusString: ['wrong key'],
              failInfo: ['badCertTemplate'],
            },
          },
        ],
      },
    });
  });

  it('sends nothing for one that is refused under implicitConfirm [C15]', () => {
    expect(
      refuse(
        { ...issued, implicitConfirm: true },
        { reason: 'wrong key', failInfo: 'badCertTemplate' },
      ),
    ).toEqual({
      type: 'done',
      outcome: { type: 'refused', reason: 'wrong key' },
    });
  });

  it('adds hashAlg where the signature of the certificate names no hash, and pvno 3 for it [H1][C9]', () => {
    const odd = { ...certificate, signatureAlgorithm: { algorithm: '1.2.3.4' } };
    const step = accept({ ...issued, certificate: decodeCertificate(toDer(Certificate, odd)) });
    if (step.type !== 'send' || step.body.type !== 'certConf') throw new Error(step.type);
    expect(step.body.value[0]?.hashAlg).toEqual(algorithmIdentifier('sha256'));
    expect(pvnoFor(step.body, 2)).toBe(3);
    expect(pvnoFor({ type: 'certConf', value: [{ certHash: hash, certReqId: 0 }] }, 2)).toBe(2);
    expect(pvnoFor({ type: 'pollReq', value: [{ certReqId: -1 }] }, 3)).toBe(3);
  });
});

describe('confirming', () => {
  it.each([
    ['confirming', confirming],
    ['polled for its pkiconf', polledForPkiconf],
  ])('%s: ends with the pkiconf, or an error that says certConfirmed [C12]', async (_, phase) => {
    const confirmed = errorBody({ status: 'rejection', failInfo: ['certConfirmed'] });
    for (const body of [pkiconf, confirmed]) {
      expect(await take(phase, body)).toEqual({ type: 'done', outcome: { type: 'granted' } });
    }
  });

  it.each([
    ['confirming', confirming],
    ['polled for its pkiconf', polledForPkiconf],
  ])('%s: is left unconfirmed by any other error [C12]', async (_, phase) => {
    expect(structuredClone(await take(phase, errorBody(rejection)))).toEqual({
      type: 'done',
      outcome: { type: 'unconfirmed', status: rejection },
    });
  });

  it.each([
    ['refusing', refusing],
    ['polled for its pkiconf', polledForRefusal],
  ])('%s: ends refused, whatever the CA says to it [C11]', async (_, phase) => {
    const confirmed = errorBody({ status: 'rejection', failInfo: ['certConfirmed'] });
    for (const body of [pkiconf, confirmed, errorBody(rejection)]) {
      expect(await take(phase, body)).toEqual({
        type: 'done',
        outcome: { type: 'refused', reason: 'wrong key' },
      });
    }
  });

  it('takes nothing but pkiconf and error [R13]', async () => {
    for (const phase of [confirming, refusing]) {
      for (const body of [granting, response('ip', rejection)]) {
        await expect(take(phase, body)).rejects.toMatchObject({ code: 'CMP_BODY_UNEXPECTED' });
      }
      const pollRep: PKIBody = { type: 'pollRep', value: [{ certReqId: 0, checkAfter: 1 }] };
      await expect(take(phase, pollRep)).rejects.toMatchObject({ code: 'CMP_BODY_UNEXPECTED' });
    }
  });
});
