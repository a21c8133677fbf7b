import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../src/base/bytes.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { respond } from '../../src/ca/respond.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { answerFor } from './forge.ts';
import {
  certificatesIn,
  coded,
  initialized,
  makeSite,
  named,
  outstanding,
  random,
  request,
  type Site,
  type Wire,
} from './site.ts';

const zeros = new Uint8Array(16);

/** An answer made under a secret that is not the one shared. */
async function underOtherSecret({ lab, clock }: Site, der: Uint8Array): Promise<Uint8Array> {
  return respond(
    {
      to: decodeMessage(der).header,
      sender: { type: 'mac', reference: DEFAULT_REFERENCE, secret: utf8('guessed') },
      body: { type: 'pkiconf', value: null },
      senderNonce: random.bytes(16),
      isFirst: true,
    },
    { authorities: lab.authorities, settings: lab.settings, clock, random },
  );
}

/** Answers that nobody may believe, and the code of what is said about each. */
const forgeries: readonly (readonly [string, ErrorCode, (site: Site) => Wire])[] = [
  ['has a flipped bit in its protection', 'CMP_PROTECTION_INVALID', () => flipped],
  [
    'was made with another secret',
    'CMP_PROTECTION_INVALID',
    (site) => (der) => underOtherSecret(site, der),
  ],
  [
    'was made for another transaction',
    'CMP_TRANSACTION_ID_MISMATCH',
    (site) => (der) => renamed(site, der, 'transactionID'),
  ],
  [
    'has another recipNonce',
    'CMP_NONCE_MISMATCH',
    (site) => (der) => renamed(site, der, 'senderNonce'),
  ],
  [
    'is of another type',
    'CMP_BODY_UNEXPECTED',
    (site) => (der) => answerFor(site, der, { type: 'pollReq', value: [{ certReqId: 0 }] }),
  ],
  [
    'has octets after its end',
    'DER_MALFORMED',
    () => async (der, lab) => concatBytes(await lab(der), zeros),
  ],
  ['is our own message', 'CMP_NONCE_MISMATCH', () => async (der) => der],
  ['is no PKIMessage', 'DER_MALFORMED', () => async () => utf8('<html>It works!</html>')],
  [
    'is an hour old',
    'CMP_TIME_SKEW',
    (site) => async (der, lab) => {
      const answer = await lab(der);
      await site.clock.advance(3600);
      return answer;
    },
  ],
];

const flipped: Wire = async (der, lab) => {
  const answer = await lab(der);
  const { protection } = decodeMessage(answer);
  const at = Buffer.from(answer).indexOf(Buffer.from(protection ?? zeros));
  answer[at] = (answer[at] ?? 0) ^ 1;
  return answer;
};

/** An answer to a message that was never sent. */
async function renamed(
  site: Site,
  der: Uint8Array,
  field: 'transactionID' | 'senderNonce',
): Promise<Uint8Array> {
  const { header, body } = decodeMessage(der);
  const secret = site.lab.secrets.get(DEFAULT_REFERENCE) ?? zeros;
  const type = body.type === 'ir' ? 'ip' : 'kup';
  return respond(
    {
      to: { ...header, [field]: zeros },
      sender: { type: 'mac', reference: DEFAULT_REFERENCE, secret },
      body: { type, value: { response: [{ certReqId: 0, status: { status: 'waiting' } }] } },
      senderNonce: random.bytes(16),
      isFirst: true,
    },
    { authorities: site.lab.authorities, settings: site.lab.settings, clock: site.clock, random },
  );
}

describe('an answer to a first request', () => {
  it.each(forgeries)('changes nothing but the history when it %s', async (_, code, make) => {
    const site = await makeSite();
    site.setWire(make(site));
    await expect(initialize(site.context, request())).rejects.toMatchObject(coded(code));

    expect(site.sent).toHaveLength(1);
    expect(await site.store.certificates.list({ all: true })).toEqual([]);
    expect(site.files().size).toBe(0);
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await site.store.history.list()).toMatchObject([{ name: 'gw1', result: 'failed' }]);
  });
});

describe('an answer to an update', () => {
  it.each(forgeries)('leaves certificate and files as they are when it %s', async (_, __, make) => {
    const site = await makeSite();
    await initialized(site);
    const before = await certificatesIn(site);
    const files = site.files();
    site.setWire(make(site));
    await expect(
      update(site.context, { current: named('gw1'), waitSeconds: 0 }),
    ).rejects.toMatchObject({ name: 'CertError' });
    expect(await certificatesIn(site)).toEqual(before);
    expect(site.files()).toEqual(files);
  });
});

// What the CA itself says, though it makes no sense, ends the request.
const authentic = new Set(['is of another type']);
const foreign = forgeries.filter(([what]) => !authentic.has(what));

describe('an answer to a poll', () => {
  it.each(forgeries.filter(([what]) => authentic.has(what)))(
    'ends the request when it comes from the CA and %s',
    async (_, code, make) => {
      const site = await makeSite({ lab: { polls: 1 } });
      await initialize(site.context, request({ waitSeconds: 0 }));
      site.setWire(make(site));
      await expect(
        poll(site.context, { name: named('gw1'), waitSeconds: 0 }),
      ).rejects.toMatchObject(coded(code));
      expect(await site.store.transactions.outstanding()).toEqual([]);
      expect(await site.store.history.list()).toMatchObject([{ result: 'failed' }]);
    },
  );

  it.each(foreign)('leaves the request waiting when it %s [L12]', async (_, code, make) => {
    const site = await makeSite({ lab: { polls: 1 } });
    await initialize(site.context, request({ waitSeconds: 0 }));
    site.setWire(make(site));
    await expect(poll(site.context, { name: named('gw1'), waitSeconds: 0 })).rejects.toMatchObject(
      coded(code),
    );
    expect(await outstanding(site.store)).toMatchObject({ phase: 'waiting' });
    expect(site.files().size).toBe(0);

    site.setWire();
    expect(await poll(site.context, { name: named('gw1'), waitSeconds: 60 })).toMatchObject({
      type: 'issued',
    });
  });
});

describe('an answer to certConf', () => {
  it('that is not authentic leaves the certificate aside as unconfirmed [C12]', async () => {
    const site = await makeSite();
    site.setWire(async (der, lab) =>
      decodeMessage(der).body.type === 'certConf' ? flipped(der, lab) : lab(der),
    );
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_INVALID'),
    );
    expect(await site.store.certificates.versions('gw1')).toMatchObject([
      { status: 'unconfirmed', version: 0 },
    ]);
    expect(await site.store.history.list()).toMatchObject([{ result: 'unconfirmed' }]);
    expect(site.files().size).toBe(0);
  });

  it('that is a rejection leaves the certificate aside as unconfirmed', async () => {
    const site = await makeSite();
    site.setWire(async (der, lab) =>
      decodeMessage(der).body.type === 'certConf'
        ? answerFor(site, der, {
            type: 'error',
            value: { pKIStatusInfo: { status: 'rejection', failInfo: ['badCertId'] } },
          })
        : lab(der),
    );
    expect(await initialize(site.context, request())).toMatchObject({ type: 'unconfirmed' });
    expect(await site.store.certificates.versions('gw1')).toMatchObject([
      { status: 'unconfirmed', version: 0 },
    ]);
    expect(site.files().size).toBe(0);
  });

  it('that says the certificate was confirmed before is as good as pkiconf [C12]', async () => {
    const site = await makeSite();
    site.setWire(async (der, lab) =>
      decodeMessage(der).body.type === 'certConf'
        ? answerFor(site, der, {
            type: 'error',
            value: { pKIStatusInfo: { status: 'rejection', failInfo: ['certConfirmed'] } },
          })
        : lab(der),
    );
    expect(await initialize(site.context, request())).toMatchObject({ type: 'issued' });
  });
});
