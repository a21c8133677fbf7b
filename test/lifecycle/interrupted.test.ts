import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { answerFor } from './forge.ts';
import {
  bodies,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  outstanding,
  request,
  wanted,
  type Site,
  type SiteOptions,
} from './site.ts';

const name = named('gw1');

/** End a process at its n-th message of a type, before it leaves or after it was answered. */
function killAt(site: Site, body: string, when: 'before' | 'after', nth = 1): void {
  let seen = 0;
  site.setWire(async (der, lab) => {
    const isIt = decodeMessage(der).body.type === body && ++seen === nth;
    if (isIt && when === 'before') throw new Error('killed');
    const answer = await lab(der);
    if (isIt) throw new Error('killed');
    return answer;
  });
}

async function killed(work: Promise<unknown>, site: Site): Promise<void> {
  await expect(work).rejects.toThrow('killed');
  site.setWire();
}

/** Let the network lose one answer. */
function lose(site: Site, body: string): void {
  let isLost = false;
  site.setWire(async (der, lab) => {
    const answer = await lab(der);
    if (decodeMessage(der).body.type !== body || isLost) return answer;
    isLost = true;
    throw new CertError('NETWORK_TIMEOUT', 'Cannot get an answer from "lab.example"');
  });
}

const points = [
  ['ir', 'before'],
  ['ir', 'after'],
  ['pollReq', 'before'],
  ['pollReq', 'after'],
  ['certConf', 'before'],
  ['certConf', 'after'],
] as const;
const slow: SiteOptions = { lab: { polls: 1, checkAfterSeconds: 20 } };

describe('an initialize that was killed', () => {
  for (const [body, when] of points) {
    it.each([
      ['poll()', (site: Site) => poll(site.context, { name, waitSeconds: 60 })],
      ['initialize() again', (site: Site) => initialize(site.context, request())],
    ] as const)(`${when} its ${body} is carried on with the same octets by %s`, async (_, goOn) => {
      const site = await makeSite(slow);
      killAt(site, body, when);
      await killed(initialize(site.context, request()), site);
      const record = await outstanding(site.store);
      const last = site.sent.at(-1);
      expect(record.outgoing).toEqual(last);
      const count = site.sent.length;

      const { certificate } = issued(await goOn(site));
      expect(site.sent[count]).toEqual(last);
      expect(certificate.keyId).toBe(record.keyId);
      expect(await site.lab.issuedCount()).toBe(1);
      expect((await site.lab.certificates())[0]).toMatchObject({
        der: certificate.der,
        status: 'current',
      });
      expect(site.files().size).toBe(3);
    });

    it(`${when} its ${body} loses nothing when the machine is down for a day`, async () => {
      const site = await makeSite({ ...slow, profile: { transactionDeadlineSeconds: 7 * 86_400 } });
      killAt(site, body, when);
      await killed(initialize(site.context, request()), site);
      const { keyId } = await outstanding(site.store);
      await site.clock.advance(86_400);

      const { certificate } = issued(await poll(site.context, { name, waitSeconds: 60 }));
      expect(certificate.keyId).toBe(keyId);
      expect(await site.lab.issuedCount()).toBe(1);
      expect((await site.lab.certificates())[0]?.status).toBe('current');
    });
  }

  it.each([
    ['it cannot be reached', 'NETWORK_UNREACHABLE'],
    ['a proxy answers in its place', 'HTTP_STATUS'],
  ] as const)('goes on asking the CA the same while %s', async (_, code) => {
    const site = await makeSite();
    killAt(site, 'ir', 'after');
    await killed(initialize(site.context, request()), site);
    site.setWire(async () => {
      throw new CertError(code, 'Cannot get an answer from "lab.example"');
    });
    for (let tries = 0; tries < 2; tries++) {
      await expect(poll(site.context, { name, waitSeconds: 0 })).rejects.toMatchObject(coded(code));
    }
    site.setWire();
    issued(await poll(site.context, { name, waitSeconds: 0 }));
    const [first, ...others] = site.sent;
    expect(others.slice(0, 3)).toEqual([first, first, first]);
    expect(await site.lab.issuedCount()).toBe(1);
  });

  it('sends certConf although the deadline for the certificate has passed meanwhile', async () => {
    const site = await makeSite({ profile: { transactionDeadlineSeconds: 3600 } });
    killAt(site, 'certConf', 'before');
    await killed(initialize(site.context, request()), site);
    await site.clock.advance(7200);
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'issued' });
  });

  it('is not confused with a request for something else', async () => {
    const site = await makeSite();
    killAt(site, 'ir', 'after');
    await killed(initialize(site.context, request()), site);
    const record = await outstanding(site.store);
    const different = [
      request({ wanted: wanted('CN=gw2') }),
      request({ wanted: wanted('CN=gw1,O=Test', { type: 'dNSName', value: 'x.example' }) }),
    ];
    for (const other of different) {
      await expect(initialize(site.context, other)).rejects.toMatchObject(
        coded('TRANSACTION_OUTSTANDING'),
      );
    }
    expect(site.sent).toHaveLength(1);
    expect(await outstanding(site.store)).toEqual(record);
  });
});

describe('against a CA that answers nothing twice', () => {
  it.each([
    ['ir', 1],
    ['pollReq', 1],
    ['pollReq', 2],
  ] as const)(
    'a lost answer to %s (%i.) leads to a new request with the same key, and a warning [L13]',
    async (body, nth) => {
      const site = await makeSite({ lab: { ...slow.lab, retransmission: 'refuse' } });
      killAt(site, body, 'after', nth);
      await killed(initialize(site.context, request()), site);
      const { keyId } = await outstanding(site.store);

      const { certificate } = issued(await poll(site.context, { name, waitSeconds: 60 }));
      expect(certificate.keyId).toBe(keyId);
      expect(site.warnings).toEqual([expect.stringContaining('transactionIdInUse')]);
      expect(bodies(site.sent).filter((sent) => sent === 'ir').length).toBe(body === 'ir' ? 3 : 2);
      expect(await site.store.history.list()).toMatchObject([
        { result: 'granted' },
        { result: 'rejected' },
      ]);
    },
  );

  it.each(['before', 'after'] as const)(
    'a certConf that was killed %s it left makes the certificate current',
    async (when) => {
      const site = await makeSite({ lab: { retransmission: 'refuse' } });
      killAt(site, 'certConf', when);
      await killed(initialize(site.context, request()), site);
      issued(await poll(site.context, { name, waitSeconds: 60 }));
      expect(await site.lab.issuedCount()).toBe(1);
      expect((await site.lab.certificates())[0]?.status).toBe('current');
    },
  );
});

describe('against a CA that says of a repeated certConf no more than that it knows the transaction', () => {
  it('ends unconfirmed: the CA is asked for no second certificate [C12][L13]', async () => {
    const site = await makeSite();
    killAt(site, 'certConf', 'after');
    await killed(initialize(site.context, request()), site);
    site.setWire((der) =>
      answerFor(site, der, {
        type: 'error',
        value: { pKIStatusInfo: { status: 'rejection', failInfo: ['transactionIdInUse'] } },
      }),
    );
    expect(await poll(site.context, { name, waitSeconds: 60 })).toMatchObject({
      type: 'unconfirmed',
    });
    expect(bodies(site.sent)).toEqual(['ir', 'certConf', 'certConf']);
    expect(await site.store.history.list()).toMatchObject([{ result: 'unconfirmed' }]);
  });
});

describe('a request that was killed, of a CA that cannot be reached now', () => {
  it('stays outstanding as it was, and the error is counted [T6]', async () => {
    const site = await makeSite();
    killAt(site, 'ir', 'before');
    await killed(initialize(site.context, request()), site);
    const before = await outstanding(site.store);
    lose(site, 'ir');
    await expect(poll(site.context, { name, waitSeconds: 0 })).rejects.toMatchObject(
      coded('NETWORK_TIMEOUT'),
    );
    expect(await outstanding(site.store)).toEqual({ ...before, revision: before.revision + 1 });
    const { counters } = await site.store.statistics.read();
    expect(counters).toContainEqual(
      expect.objectContaining({ counter: 'error.transport', value: 1 }),
    );
  });
});

/** The lab hears each request twice, and we its second answer only. */
const twice = async (der: Uint8Array, lab: (der: Uint8Array) => Promise<Uint8Array>) => {
  await lab(der);
  return lab(der);
};

describe('a CA that takes every request for one it knows', () => {
  it('is asked once anew, and no more', async () => {
    const site = await makeSite({ lab: { retransmission: 'refuse' } });
    site.setWire(twice);
    expect(await initialize(site.context, request())).toMatchObject({
      type: 'rejected',
      status: { failInfo: ['transactionIdInUse'] },
    });
    expect(bodies(site.sent)).toEqual(['ir', 'ir']);
    expect(site.sent[1]).not.toEqual(site.sent[0]);
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await site.store.history.list()).toMatchObject([
      { result: 'rejected' },
      { result: 'rejected' },
    ]);
  });

  it('is asked once anew for a request that was killed, and no more', async () => {
    const site = await makeSite({ lab: { retransmission: 'refuse' } });
    killAt(site, 'ir', 'after');
    await killed(initialize(site.context, request()), site);
    const count = site.sent.length;
    site.setWire(twice);
    expect(await poll(site.context, { name, waitSeconds: 60 })).toMatchObject({
      type: 'rejected',
    });
    const transactions = new Set(
      site.sent.slice(count).map((der) => toHex(decodeMessage(der).header.transactionID ?? der)),
    );
    expect(transactions.size).toBe(2);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });
});

describe('an answer the network lost', () => {
  it.each(['answer', 'refuse'] as const)(
    'to certConf is asked for again, with the same octets, of a CA that would %s',
    async (retransmission) => {
      const site = await makeSite({ lab: { retransmission } });
      lose(site, 'certConf');
      await initialized(site);
      expect(site.sent[2]).toEqual(site.sent[1]);
      expect(await site.lab.certificates()).toMatchObject([{ status: 'current' }]);
    },
  );

  it('to a poll is asked for again, with the same octets, by the next poll', async () => {
    const site = await makeSite(slow);
    lose(site, 'pollReq');
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('NETWORK_TIMEOUT'),
    );
    const lost = site.sent.at(-1);
    const count = site.sent.length;
    expect(await outstanding(site.store)).toMatchObject({ phase: 'waiting' });
    issued(await poll(await site.open(), { name, waitSeconds: 60 }));
    expect(site.sent[count]).toEqual(lost);
    expect(await site.lab.issuedCount()).toBe(1);
  });

  it('to a first request ends it; the next one has another key [L13]', async () => {
    const site = await makeSite();
    lose(site, 'ir');
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('NETWORK_TIMEOUT'),
    );
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect((await initialized(site)).certificate.version).toBe(1);
  });
});
