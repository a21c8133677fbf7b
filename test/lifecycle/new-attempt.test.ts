import { join } from 'node:path';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { createLab, DEFAULT_REFERENCE, type Lab } from '../../src/ca/lab.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { PKIFailureBit } from '../../src/cmp/message/pki-status-info.ts';
import { macAlgorithm } from '../../src/crypto/mac.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { pbmAlgorithm } from '../../src/cmp/protection/pbm.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { newAttempt, type NewAttempt } from '../../src/lifecycle/new-attempt.ts';
import { requestCertificate } from '../../src/lifecycle/request-certificate.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import { update } from '../../src/lifecycle/update.ts';
import { answerDer } from '../cmp/answers.ts';
import { pkcs10 } from './pkcs10.ts';
import { signedAnswerFor } from './signed-answer.ts';
import { bodies, coded, initialized, makeSite, named, random, request, type Site } from './site.ts';

interface RejectionParts {
  readonly failInfo: PKIFailureBit;
  readonly pvno?: number;
  /** How far the CA's clock is ahead. */
  readonly aheadMs?: number;
  readonly isBare?: boolean;
  /** With a MAC of another secret. */
  readonly isForged?: boolean;
}

/** Reject a message with an error, under the lab's secret. */
function rejection(
  { lab, clock }: Site,
  der: Uint8Array,
  { failInfo, pvno = 2, aheadMs = 0, isBare = false, isForged = false }: RejectionParts,
): Promise<Uint8Array> {
  const { transactionID, senderNonce } = decodeMessage(der).header;
  const body: PKIBody = {
    type: 'error',
    value: { pKIStatusInfo: { status: 'rejection', failInfo: [failInfo] } },
  };
  return answerDer({
    body,
    credential: {
      type: 'mac',
      reference: DEFAULT_REFERENCE,
      secret: isForged
        ? random.bytes(16)
        : (lab.secrets.get(DEFAULT_REFERENCE) ?? new Uint8Array()),
      protectionAlg: pbmAlgorithm({
        salt: random.bytes(16),
        owf: digestAlgorithm('sha256'),
        iterationCount: 100,
        mac: macAlgorithm('hmac-sha256'),
      }),
    },
    header: {
      pvno,
      messageTime: new Date(clock.now().getTime() + aheadMs),
      senderNonce: random.bytes(16),
      ...(transactionID && { transactionID }),
      ...(senderNonce && { recipNonce: senderNonce }),
    },
    ...(isBare && { without: ['protectionAlg'], protection: () => undefined }),
  });
}

/** Reject so many messages, one after the other, then let the lab answer. */
function rejecting(site: Site, ...parts: readonly RejectionParts[]): void {
  const left = [...parts];
  site.setWire((der, lab) => {
    const next = left.shift();
    return next ? rejection(site, der, next) : lab(der);
  });
}

function headers(site: Site) {
  return site.sent.map((der) => decodeMessage(der).header);
}

/** How far messageTime of each message is from our clock, in milliseconds, to the minute. */
function offsets(site: Site): readonly number[] {
  const now = site.clock.now().getTime();
  // Polls take some seconds.
  const minute = 60_000;
  return headers(site).map(
    ({ messageTime }) => Math.round(((messageTime?.getTime() ?? 0) - now) / minute) * minute + 0,
  );
}

/** Refused, since it is not valid by the clock here. */
const early = { type: 'refused', reason: expect.stringContaining('is valid from 20') };

describe('a request refused for a reason of the moment', () => {
  it('is made anew with the clock of the CA when that says badTime [L8][L13]', async () => {
    const site = await makeSite();
    const slow = await slowLab(site);
    site.setWire((der) => slow.handle(der));
    await initialized(site, { waitSeconds: 60 });
    expect(bodies(site.sent)).toEqual(['ir', 'ir', 'pollReq', 'pollReq', 'certConf']);
    expect(offsets(site)).toEqual([0, -behindMs, -behindMs, -behindMs, -behindMs]);
    const [one, two] = headers(site);
    expect(two?.transactionID).not.toEqual(one?.transactionID);
    expect(two?.senderNonce).not.toEqual(one?.senderNonce);
    // Nothing but messageTime goes by the other clock, and the next transaction begins with ours.
    site.setWire();
    await update(site.context, { current: named('gw1'), waitSeconds: 0 });
    expect(offsets(site).slice(5)).toEqual([0, 0]);
  });

  it('takes a certificate that begins by the clock of a CA which is ahead, once that has said so', async () => {
    const site = await makeSite();
    const fast = await slowLab(site, -behindMs);
    site.setWire((der) => fast.handle(der));
    const { certificate } = await initialized(site, { waitSeconds: 60 });
    const { notBefore } = decodeCertificate(certificate.der).tbsCertificate.validity;
    expect(notBefore.value.getTime()).toBeGreaterThan(site.clock.now().getTime());
  });

  it.each([
    ['13 hours', 13 * 3_600_000, { type: 'issued' }],
    ['15 hours', 15 * 3_600_000, early],
    ['28 days', 28 * 86_400_000, early],
    ['years', 4 * 366 * 86_400_000, early],
  ])(
    'judges what begins in %s by its own clock, whatever the CA says the time is [C5]',
    async (_, aheadMs, expected) => {
      const site = await makeSite();
      const fast = await slowLab(site, -aheadMs);
      site.setWire((der) => fast.handle(der));
      const result = await initialize(site.context, request({ waitSeconds: 60 }));
      expect(result).toMatchObject(expected);
    },
  );

  it('keeps its key, and its first transaction is closed [L8][L13]', async () => {
    const site = await makeSite();
    rejecting(site, { failInfo: 'transactionIdInUse' });
    await initialized(site, { waitSeconds: 0 });
    const [one, two] = site.sent.map((der) => decodeMessage(der).body);
    expect(publicKeyIn(two)).toEqual(publicKeyIn(one));
    expect(await site.store.history.list()).toHaveLength(2);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it.each(['badTime', 'transactionIdInUse'] as const)(
    'is made anew once for %s and no more [L8]',
    async (failInfo) => {
      const site = await makeSite();
      const ca = { failInfo, aheadMs: 60_000 };
      rejecting(site, ca, ca, ca);
      expect(await initialize(site.context, request({ waitSeconds: 3600 }))).toMatchObject({
        type: 'rejected',
        status: { failInfo: [failInfo] },
      });
      expect(bodies(site.sent)).toEqual(['ir', 'ir']);
      expect(await site.store.transactions.outstanding()).toEqual([]);
    },
  );

  it('is made anew in the version the CA offers [L8][R1]', async () => {
    const site = await makeSite();
    rejecting(site, { failInfo: 'unsupportedVersion', pvno: 3 });
    await initialized(site, { waitSeconds: 0 });
    expect(headers(site).map(({ pvno }) => pvno)).toEqual([2, 3, 3]);
  });

  it.each([1, 2, 4, 9])('is not made anew in version %i [L8]', async (pvno) => {
    const site = await makeSite();
    rejecting(site, { failInfo: 'unsupportedVersion', pvno });
    expect(await initialize(site.context, request({ waitSeconds: 60 }))).toMatchObject({
      type: 'rejected',
    });
    expect(bodies(site.sent)).toEqual(['ir']);
  });

  it.each(['systemUnavail', 'systemFailure'] as const)(
    'waits longer each time after %s, three times at most [L8]',
    async (failInfo) => {
      const site = await makeSite();
      const ca = { failInfo };
      rejecting(site, ca, ca, ca, ca, ca);
      expect(await initialize(site.context, request({ waitSeconds: 3600 }))).toMatchObject({
        type: 'rejected',
      });
      expect(bodies(site.sent)).toEqual(['ir', 'ir', 'ir', 'ir']);
      expect(site.clock.slept).toEqual([5000, 10_000, 20_000]);
    },
  );

  it('waits for a CA that is not available no longer than the command may [L8]', async () => {
    const site = await makeSite();
    const ca = { failInfo: 'systemUnavail' } as const;
    rejecting(site, ca, ca, ca, ca);
    await initialize(site.context, request({ waitSeconds: 14 }));
    expect(site.clock.slept).toEqual([5000]);
    const hurried = await makeSite();
    rejecting(hurried, ca);
    await initialize(hurried.context, request({ waitSeconds: 0 }));
    expect(bodies(hurried.sent)).toEqual(['ir']);
  });

  it('does not get the time anew that polling took [L8]', async () => {
    const site = await makeSite({ lab: { polls: 1, delay: 'error', checkAfterSeconds: 50 } });
    let pollReqs = 0;
    site.setWire((der, lab) => {
      const { body } = decodeMessage(der);
      // Polls are told to wait, and after 50 s the CA is not available.
      if (body.type === 'pollReq' && ++pollReqs === 2) {
        return rejection(site, der, { failInfo: 'systemUnavail' });
      }
      return lab(der);
    });
    const began = site.clock.now().getTime();
    expect(await initialize(site.context, request({ waitSeconds: 60 }))).toMatchObject({
      type: 'waiting',
    });
    expect(site.clock.now().getTime() - began).toBeLessThanOrEqual(60_000);
  });

  it.each<PKIFailureBit>(['badRequest', 'notAuthorized', 'badPOP', 'badMessageCheck'])(
    'is not made anew for %s [L8]',
    async (failInfo) => {
      const site = await makeSite();
      rejecting(site, { failInfo });
      expect(await initialize(site.context, request({ waitSeconds: 60 }))).toMatchObject({
        type: 'rejected',
      });
      expect(bodies(site.sent)).toEqual(['ir']);
    },
  );

  it.each<PKIFailureBit>(['badTime', 'transactionIdInUse', 'systemUnavail', 'unsupportedVersion'])(
    'is not made anew for a %s that nobody vouches for [L8][L12]',
    async (failInfo) => {
      for (const parts of [{ isForged: true }, { isBare: true }]) {
        const site = await makeSite();
        rejecting(site, { failInfo, aheadMs: 60_000, pvno: 3, ...parts });
        await expect(initialize(site.context, request())).rejects.toMatchObject(
          coded(parts.isBare ? 'CMP_PROTECTION_MISSING' : 'CMP_PROTECTION_INVALID'),
        );
        expect(bodies(site.sent)).toEqual(['ir']);
      }
      const site = await makeSite({ profile: { unprotectedErrors: true } });
      rejecting(site, { failInfo, aheadMs: 60_000, pvno: 3, isBare: true });
      expect(await initialize(site.context, request({ waitSeconds: 3600 }))).toMatchObject({
        type: 'rejected',
        isUnauthenticated: true,
      });
      expect(bodies(site.sent)).toEqual(['ir']);
    },
  );
});

describe('other requests refused for a reason of the moment', () => {
  it('are made anew as well: p10cr [L8][B12]', async () => {
    const site = await makeSite();
    rejecting(site, { failInfo: 'transactionIdInUse' });
    const result = await requestCertificate(site.context, {
      name: named('gw1'),
      certificationRequest: await pkcs10(),
      credential: { type: 'mac' },
      waitSeconds: 0,
    });
    expect(result).toMatchObject({ type: 'issued' });
    expect(bodies(site.sent)).toEqual(['p10cr', 'p10cr', 'certConf']);
  });

  it('are made anew as well: rr [L8]', async () => {
    const site = await makeSite();
    await initialized(site);
    const before = site.sent.length;
    let refusals = 0;
    site.setWire((der, lab) => {
      const status = [{ status: 'rejection', failInfo: ['systemUnavail'] }] as const;
      if (refusals++ > 0) return lab(der);
      return signedAnswerFor(site, der, { type: 'rp', value: { status } });
    });
    const reason = 'unspecified';
    const result = await revoke(site.context, { current: named('gw1'), reason, waitSeconds: 6 });
    expect(result).toMatchObject({ type: 'revoked' });
    expect(bodies(site.sent.slice(before))).toEqual(['rr', 'rr']);
    expect(site.clock.slept).toEqual([5000]);
  });

  it('remember in a question all that earlier attempts have taught [L8][L13]', async () => {
    const site = await makeSite();
    rejecting(
      site,
      { failInfo: 'badTime', aheadMs: 60_000 },
      { failInfo: 'unsupportedVersion', pvno: 3 },
      { failInfo: 'systemUnavail', pvno: 3 },
      { failInfo: 'transactionIdInUse', pvno: 3 },
    );
    const before = site.clock.now().getTime();
    const result = await requestInfo(site.context, {
      infoType: oids.caCerts,
      credential: { type: 'mac' },
      acceptRoot: false,
      waitSeconds: 60,
    });
    expect(result).toMatchObject({ type: 'ca-certs' });
    expect(headers(site).map(({ pvno }) => pvno)).toEqual([2, 2, 3, 3, 3]);
    const times = headers(site).map(({ messageTime }) => messageTime?.getTime());
    expect(times).toEqual([0, 60, 60, 65, 65].map((seconds) => before + seconds * 1000));
    const ids = headers(site).map(({ transactionID }) =>
      Buffer.from(transactionID ?? []).toString('hex'),
    );
    expect(new Set(ids).size).toBe(5);
    expect(await site.store.history.list()).toHaveLength(5);
  });
});

describe('newAttempt()', () => {
  const now = new Date('2026-12-01T12:00:00Z');
  function after(failInfo: PKIFailureBit, messageTime: Date | undefined, made: NewAttempt[] = []) {
    return newAttempt(
      {
        type: 'rejected',
        status: { status: 'rejection', failInfo: [failInfo] },
        details: [],
        said: { pvno: 2, ...(messageTime && { messageTime }) },
      },
      made,
      2,
      now,
      0,
    );
  }

  it('takes no clock from a message that does not tell the time, or tells nonsense [L8]', () => {
    expect(after('badTime', undefined)).toBeUndefined();
    expect(after('badTime', new Date('2126-01-01T00:00:00Z'))).toBeUndefined();
    expect(after('badTime', new Date('2026-12-01T11:00:00Z'))).toEqual({
      type: 'badTime',
      clockOffsetMs: -3_600_000,
    });
  });
});

const behindMs = 1_800_000;

/** The lab of a site, with a clock that is half an hour slow, or off by something else, and in no hurry. */
async function slowLab({ certs, clock, lab }: Site, slowMs: number = behindMs): Promise<Lab> {
  const slow = await createLab({
    directory: join(certs, '..', 'lab'),
    clock: {
      now: () => new Date(clock.now().getTime() - slowMs),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    random,
    settings: { ...lab.settings, polls: 1, checkAfterSeconds: 0 },
  });
  onTestFinished(() => slow.close());
  return slow;
}

function publicKeyIn(body: PKIBody | undefined): Uint8Array | undefined {
  return body?.type === 'ir'
    ? body.value[0]?.certReq.certTemplate.publicKey?.subjectPublicKey
    : undefined;
}
