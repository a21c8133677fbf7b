import { describe, expect, it } from 'vitest';
import { oids } from '../../../src/asn1/oids.ts';
import type { Operation } from '../../../src/base/events.ts';
import { info } from '../../../src/cmp/message/info-values.ts';
import type { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import type { RevRepContent } from '../../../src/cmp/message/revocation-content.ts';
import { receive } from '../../../src/cmp/transaction/enrollment.ts';
import { certReqIdOf } from '../../../src/cmp/transaction/request.ts';
import type { Phase } from '../../../src/cmp/transaction/state.ts';
import type { Step } from '../../../src/cmp/transaction/step.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { now, pkiconf, verifiedAnswer } from '../answers.ts';
import {
  confirming,
  errorBody,
  requested,
  requestOf,
  response,
  stateIn,
  withCertificate,
} from './states.ts';

const operations = ['ir', 'cr', 'kur', 'p10cr', 'rr', 'genm'] as const;
const issuer = { type: 'directoryName', value: parseName('CN=CA,O=Test') } as const;

/** Take a real answer, protected and verified, to a request of a kind. */
async function take(operation: Operation, body: PKIBody, phase: Phase = requested): Promise<Step> {
  return receive(stateIn(phase, operation), await verifiedAnswer(body), now, { minPollSeconds: 5 });
}

function rp(value: RevRepContent): PKIBody {
  return { type: 'rp', value };
}

const rejection = { status: 'rejection', failInfo: ['certRevoked'] } as const;

describe('the answer to each request', () => {
  const fitting: Readonly<Record<Operation, PKIBody>> = {
    ir: response('ip', { status: 'rejection' }),
    cr: response('cp', { status: 'rejection' }),
    kur: response('kup', { status: 'rejection' }),
    p10cr: response('cp', { status: 'rejection' }, { certReqId: -1 }),
    rr: rp({ status: [{ status: 'accepted' }] }),
    genm: { type: 'genp', value: [info('caCerts')] },
  };

  it.each(operations)('is taken where it fits, and no other is: %s [R13]', async (operation) => {
    expect((await take(operation, fitting[operation])).type).toBe('done');
    for (const [other, body] of Object.entries(fitting)) {
      if (body.type === fitting[operation].type) continue;
      await expect(take(operation, body), `${other} for ${operation}`).rejects.toMatchObject({
        code: 'CMP_BODY_UNEXPECTED',
      });
    }
    await expect(take(operation, pkiconf)).rejects.toMatchObject({ code: 'CMP_BODY_UNEXPECTED' });
  });

  it.each(operations)('may be an error for any of them: %s [R13][L6]', async (operation) => {
    const body = errorBody({ status: 'rejection', failInfo: ['badRequest'] }, 'see the log');
    expect(await take(operation, body)).toMatchObject({
      type: 'done',
      outcome: { type: 'rejected', details: ['see the log'] },
    });
  });

  it.each(operations)(
    'is polled for with -1 after an error that says waiting: %s [L1]',
    async (operation) => {
      const step = await take(operation, errorBody({ status: 'waiting' }));
      expect(step).toMatchObject({
        type: 'send',
        phase: { type: 'polled', value: { certReqId: -1 } },
      });
      const body = step.type === 'send' ? step.body : undefined;
      expect(body?.type === 'pollReq' && body.value.map(({ certReqId }) => certReqId)).toEqual([
        -1,
      ]);
    },
  );

  it('has certReqId 0, and -1 for a p10cr [R14][L1]', async () => {
    expect(operations.map((operation) => certReqIdOf(requestOf(operation)))).toEqual([
      0, 0, 0, -1, 0, 0,
    ]);
    const step = await take('p10cr', response('cp', { status: 'waiting' }, { certReqId: -1 }));
    const body = step.type === 'send' ? step.body : undefined;
    expect(body?.type === 'pollReq' && body.value.map(({ certReqId }) => certReqId)).toEqual([-1]);
    await expect(
      take('p10cr', response('cp', { status: 'accepted' }, withCertificate)),
    ).rejects.toThrow('certReqId is 0, expected -1');
  });
});

describe('an rp', () => {
  const own = { issuer, serialNumber: 17n };

  it.each<[string, RevRepContent]>([
    ['accepted', { status: [{ status: 'accepted' }] }],
    [
      'accepted, with the certificate it is about',
      { status: [{ status: 'accepted' }], revCerts: [own] },
    ],
    ['grantedWithMods', { status: [{ status: 'grantedWithMods' }] }],
  ])('is taken: %s [L9]', async (_, value) => {
    expect(await take('rr', rp(value))).toMatchObject({
      type: 'done',
      outcome: { type: 'revoked', status: value.status[0] },
    });
  });

  it('that rejects is a rejection, also with certRevoked [L9]', async () => {
    expect(await take('rr', rp({ status: [rejection] }))).toMatchObject({
      outcome: { type: 'rejected', status: rejection },
    });
  });

  it.each<[string, RevRepContent]>([
    ['two statuses', { status: [{ status: 'accepted' }, { status: 'accepted' }] }],
    ['accepted with failInfo', { status: [{ status: 'accepted', failInfo: ['certRevoked'] }] }],
    ['waiting', { status: [{ status: 'waiting' }] }],
    ['revocationNotification', { status: [{ status: 'revocationNotification' }] }],
    ['revocationWarning', { status: [{ status: 'revocationWarning' }] }],
    ['keyUpdateWarning', { status: [{ status: 'keyUpdateWarning' }] }],
    [
      'another serial number',
      { status: [{ status: 'accepted' }], revCerts: [{ ...own, serialNumber: 18n }] },
    ],
    [
      'another issuer',
      {
        status: [{ status: 'accepted' }],
        revCerts: [{ ...own, issuer: { type: 'directoryName', value: parseName('CN=Other') } }],
      },
    ],
    [
      'an issuer that is no name',
      {
        status: [{ status: 'accepted' }],
        revCerts: [{ ...own, issuer: { type: 'dNSName', value: 'ca.example' } }],
      },
    ],
    [
      'one certificate too many',
      { status: [{ status: 'accepted' }], revCerts: [own, { ...own, serialNumber: 18n }] },
    ],
  ])('is refused with %s [L9]', async (_, value) => {
    await expect(take('rr', rp(value))).rejects.toMatchObject({ code: 'CMP_RESPONSE_INVALID' });
  });
});

describe('a genp', () => {
  it('is taken with what was asked for, or with unsupportedOIDs [L10]', async () => {
    for (const item of [info('caCerts'), info('unsupportedOIDs', [oids.caCerts])]) {
      const step = await take('genm', { type: 'genp', value: [item] });
      expect(step).toMatchObject({
        outcome: { type: 'informed', item: { infoType: item.infoType } },
      });
    }
  });

  it.each([
    ['nothing', []],
    ['two items', [info('caCerts'), info('caCerts')]],
    ['the answer to another question', [info('currentCRL')]],
  ])('is refused with %s [L10]', async (_, value) => {
    await expect(take('genm', { type: 'genp', value })).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
    });
  });

  it.each([
    ['rootCaCert', 'rootCaKeyUpdate'],
    ['crlStatusList', 'crls'],
  ] as const)('answers %s with %s only [L10]', async (asked, answered) => {
    const request = { type: 'genm', value: [{ infoType: oids[asked] }] } as const;
    const state = { ...stateIn(requested, 'genm'), request };
    const receiveItem = async (infoType: (typeof oids)[keyof typeof oids]) =>
      receive(state, await verifiedAnswer({ type: 'genp', value: [{ infoType }] }), now, {
        minPollSeconds: 5,
      });
    expect((await receiveItem(oids[answered])).type).toBe('done');
    await expect(receiveItem(oids[asked])).rejects.toMatchObject({ code: 'CMP_RESPONSE_INVALID' });
  });
});

describe('what was asked for by rr or genm', () => {
  it.each(['rr', 'genm'] as const)(
    'is not confirmed: %s takes no pkiconf in place of its answer [R13]',
    async (operation) => {
      await expect(take(operation, pkiconf, requested)).rejects.toMatchObject({
        code: 'CMP_BODY_UNEXPECTED',
      });
      expect((await take('ir', pkiconf, confirming)).type).toBe('done');
    },
  );
});
