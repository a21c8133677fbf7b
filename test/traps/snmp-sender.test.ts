import { afterEach, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { testNotification } from '../../src/traps/alarms/test-notification.ts';
import { defaultBaseOid } from '../../src/traps/base-oid.ts';
import type { SnmpDestination, SnmpSecrets } from '../../src/traps/destination.ts';
import type { NotificationSender } from '../../src/traps/sender.ts';
import { startEngine } from '../../src/traps/snmp-engine.ts';
import { snmpSender, type SnmpSenderOptions } from '../../src/traps/snmp-sender.ts';
import { allNames, sample } from './samples.ts';
import {
  authKey,
  community,
  freePort,
  netSnmp,
  privKey,
  startRawReceiver,
  startReceiver,
  type Received,
} from './receiver.ts';

const engine = { engineID: `8000b98380${'42'.repeat(12)}`, boots: 5 };
const secrets: SnmpSecrets = {
  community: utf8(community),
  authKey: utf8(authKey),
  privKey: utf8(privKey),
};
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

type Version = '2c' | 'sha256' | 'sha512';

function destination(
  port: number,
  version: Version,
  kind: 'trap' | 'inform',
  more: Partial<Pick<SnmpDestination, 'host' | 'timeoutMs' | 'retries'>> = {},
): SnmpDestination {
  const where = { type: 'snmp', name: 'noc', host: '127.0.0.1', port, kind, ...more } as const;
  if (version === '2c') return { ...where, version };
  const priv = version === 'sha256' ? 'aes128' : 'aes256';
  return { ...where, version: '3', user: version, auth: version, priv };
}

function sender(
  to: SnmpDestination,
  more: Partial<Omit<SnmpSenderOptions, 'destination'>> = {},
): NotificationSender {
  const made = snmpSender({
    destination: to,
    secrets,
    engine,
    uptimeMs: () => 1_234_567,
    baseOid: defaultBaseOid,
    ...more,
  });
  open.push(made);
  return made;
}

function textIn({ pdu }: Received): string {
  const found = pdu.varbinds.find(({ oid }) => oid === `${defaultBaseOid}.1.2.4.0`);
  return String(found?.value);
}

describe('snmpSender()', () => {
  it.each([
    ['2c', 'trap', 4],
    ['2c', 'inform', 4],
    ['sha256', 'trap', 4],
    ['sha256', 'inform', 4],
    ['sha512', 'trap', 4],
    ['sha512', 'inform', 4],
    ['2c', 'inform', 6],
    ['sha256', 'trap', 6],
  ] as const)('is understood by a receiver: %s, %s, IPv%d', async (version, kind, family) => {
    const { PduType } = await netSnmp();
    const receiver = await startReceiver(family);
    open.push(receiver);
    const host = family === 4 ? '127.0.0.1' : '::1';
    const { send } = sender(destination(receiver.port, version, kind, { host }));
    // More than one: the second inform of version 3 is sent by other code of the library.
    for (const text of ['first €', 'second']) {
      const done = await send(testNotification(1, new Date(), text));
      expect(done).toBe(kind === 'trap' ? 'sent' : 'acknowledged');
      const received = await receiver.next();
      expect(received.pdu.type).toBe(
        kind === 'trap' ? PduType['TrapV2'] : PduType['InformRequest'],
      );
      expect(textIn(received)).toBe(text);
      expect(received.pdu.varbinds.slice(0, 2)).toMatchObject([
        { oid: '1.3.6.1.2.1.1.3.0', value: 123_456 },
        { oid: '1.3.6.1.6.3.1.1.4.1.0', value: `${defaultBaseOid}.0.14` },
      ]);
    }
  });

  it('sends every notification of the MIB, with empty values among them', async () => {
    const receiver = await startReceiver();
    open.push(receiver);
    const { send } = sender(destination(receiver.port, 'sha256', 'inform'));
    for (const name of allNames) {
      await send(sample(name, { details: {} }));
      expect((await receiver.next()).pdu.varbinds[1]?.value).toContain(`${defaultBaseOid}.0.`);
    }
  });

  it('goes on counting its uptime after 497 days', async () => {
    const receiver = await startReceiver();
    open.push(receiver);
    const { send } = sender(destination(receiver.port, '2c', 'trap'), {
      uptimeMs: () => 2 ** 32 * 10 + 70,
    });
    await send(testNotification(1, new Date()));
    expect((await receiver.next()).pdu.varbinds[0]?.value).toBe(7);
  });

  it('fits the longest messages of both versions into a frame', async () => {
    const receiver = await startRawReceiver();
    open.push(receiver);
    const long = '€'.repeat(100);
    const { certificate, ...rest } = sample('clmCertRenewalFailed', { text: long });
    const details = { ...rest.details, reason: long };
    const columns = { ...certificate, subject: long, issuer: long, profile: 'x'.repeat(64) };
    for (const version of ['2c', 'sha512'] as const) {
      const { send } = sender(destination(receiver.port, version, 'trap'));
      await send({
        ...rest,
        details,
        ...(certificate && { certificate: { ...certificate, ...columns } }),
      });
      const { octets } = await receiver.next();
      expect(octets.length).toBeLessThanOrEqual(1400);
      // Not shorter than it has to be.
      expect(octets.length).toBeGreaterThan(1150);
    }
  });

  it('says its own boots and time in traps of version 3', async () => {
    const receiver = await startRawReceiver();
    open.push(receiver);
    const { send } = sender(destination(receiver.port, 'sha256', 'trap'));
    await send(testNotification(1, new Date()));
    const { octets } = await receiver.next();
    // engineID, boots 5, 1234 seconds, user: as RFC 3414 section 2.4 orders them.
    const wanted = `0411${engine.engineID}020105020204d20406${toHex(utf8('sha256'))}`;
    expect(toHex(octets)).toContain(wanted);
    expect(toHex(octets)).not.toContain(toHex(utf8('certkeeper')));
  });

  it('survives a datagram that is no SNMP, and takes the answer after it', async () => {
    const receiver = await startRawReceiver();
    const real = await startReceiver();
    open.push(receiver, real);
    const { send } = sender(destination(receiver.port, '2c', 'inform'));
    const done = send(testNotification(1, new Date()));
    const { octets, from } = await receiver.next();
    for (const bad of [[], [0x30, 0x82], [0x30, 0x03, 0x02, 0x01, 0x01], [0xff, 0xff]])
      receiver.socket.send(Uint8Array.from(bad), from.port, from.address);
    // Through a receiver that knows how to answer.
    receiver.socket.send(octets, real.port, '127.0.0.1');
    const answer = await receiver.next();
    receiver.socket.send(answer.octets, from.port, from.address);
    expect(await done).toBe('acknowledged');
  });

  it('does not believe an answer to an inform of version 3 that has no authentication', async () => {
    const receiver = await startRawReceiver();
    const real = await startReceiver();
    open.push(receiver, real);
    const { send } = sender(
      destination(receiver.port, 'sha256', 'inform', { timeoutMs: 10_000, retries: 0 }),
    );
    const done = send(testNotification(1, new Date()));
    done.catch(() => {});
    const discovery = await receiver.next();
    receiver.socket.send(discovery.octets, real.port, '127.0.0.1');
    const report = await receiver.next();
    receiver.socket.send(report.octets, discovery.from.port, discovery.from.address);
    const inform = await receiver.next();
    receiver.socket.send(
      unauthenticatedAnswer(inform.octets),
      inform.from.port,
      inform.from.address,
    );
    await expect(done).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message: expect.stringContaining('its answer is not authentic'),
    });
  });

  it('can be told to stop waiting', async () => {
    const receiver = await startRawReceiver();
    open.push(receiver);
    const { send } = sender(destination(receiver.port, '2c', 'inform'));
    const controller = new AbortController();
    const done = send(testNotification(1, new Date()), controller.signal);
    await receiver.next();
    controller.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    await expect(send(testNotification(1, new Date()), controller.signal)).rejects.toThrow(
      'enough',
    );
  });

  it('fails what is under way when it is closed', async () => {
    const receiver = await startRawReceiver();
    open.push(receiver);
    const { send, close } = sender(destination(receiver.port, '2c', 'inform'));
    const done = send(testNotification(1, new Date()));
    done.catch(() => {});
    await receiver.next();
    await close();
    await expect(done).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
    await close();
  });
});

describe('a failure to send', () => {
  const impatient = { timeoutMs: 30, retries: 0 };
  /** For those that answer. */
  const patient = { timeoutMs: 10_000, retries: 0 };

  it('says that there was no answer', async () => {
    const port = await freePort();
    const { send } = sender(destination(port, '2c', 'inform', impatient));
    const error = await send(sample()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CertError);
    expect(error).toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message: `Cannot send clmCertAboutToExpire to "noc" (127.0.0.1:${port}): there was no answer`,
      hint: expect.stringContaining('the community'),
    });
    await expect(send(sample())).rejects.toThrow('there was no answer');
  });

  // The library's receiver says nothing then; what a real one says is tested with snmptrapd.
  it.each(['authKey', 'privKey'] as const)('of a wrong %s holds no key', async (which) => {
    const receiver = await startReceiver();
    open.push(receiver);
    const { send } = sender(destination(receiver.port, 'sha256', 'inform', impatient), {
      secrets: { ...secrets, [which]: utf8('another-secret') },
    });
    const error: unknown = await send(sample()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'NOTIFICATION_FAILED' });
    expectNoSecret(error);
  });

  it('says that the receiver does not know the user', async () => {
    const receiver = await startReceiver();
    open.push(receiver);
    const to = destination(receiver.port, 'sha256', 'inform', patient);
    const { send } = sender({ ...to, ...(to.version === '3' && { user: 'nobody' }) });
    await expect(send(sample())).rejects.toThrow('it does not know the user');
  });

  it('of a host that is not there says so, for traps too, and the next one is tried anew', async () => {
    const { send } = sender(destination(162, '2c', 'trap', { host: 'nowhere.invalid' }));
    for (let attempt = 0; attempt < 2; attempt++) {
      const error: unknown = await send(sample()).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'NOTIFICATION_FAILED' });
      expectNoSecret(error);
    }
  });

  it('never shows the community', async () => {
    const receiver = await startRawReceiver();
    open.push(receiver);
    const { send } = sender(destination(receiver.port, '2c', 'inform'));
    const done = send(sample()).catch((caught: unknown) => caught);
    const { octets, from } = await receiver.next();
    // As if it came from one with another community, which the library quotes.
    const other = Buffer.from(octets);
    other.write('X', other.indexOf(community));
    other[other.indexOf(Buffer.from([0xa6]))] = 0xa2;
    receiver.socket.send(other, from.port, from.address);
    const error = await done;
    expect(error).toMatchObject({ message: expect.stringContaining('cannot be believed') });
    expectNoSecret(error);
  });
});

describe('a destination', () => {
  it.each([
    [{ ...secrets, community: utf8('') }, '2c', 'it has no community'],
    [{ privKey: utf8(privKey) }, 'sha256', 'it has no auth-key'],
    [{ authKey: utf8(authKey) }, 'sha256', 'it has no priv-key'],
    [{ ...secrets, privKey: utf8('secret7') }, 'sha256', 'its priv-key is too short'],
  ] as const)('is refused without what it needs', (some, version, why) => {
    const make = (): NotificationSender =>
      sender(destination(162, version, 'trap'), { secrets: some });
    // Ends with it: no secret follows.
    expect(make).toThrow(new RegExp(`^Cannot use destination "noc": ${why}$`));
  });
});

describe('startEngine()', () => {
  it('makes an engine once, and counts its starts', () => {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(7) };
    const first = startEngine(undefined, random);
    expect(first).toEqual({ engineID: `8000b98380${'07'.repeat(12)}`, boots: 1 });
    expect(startEngine(first, random)).toEqual({ ...first, boots: 2 });
  });

  it('makes another one when the number of starts has come to its end', () => {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(9) };
    const worn = { engineID: engine.engineID, boots: 2_147_483_646 };
    expect(startEngine(worn, random)).toEqual({
      engineID: `8000b98380${'09'.repeat(12)}`,
      boots: 1,
    });
  });
});

function expectNoSecret(error: unknown): void {
  const seen = [JSON.stringify(error), String(error), error instanceof Error ? error.stack : ''];
  const all = [
    ...seen,
    error instanceof CertError ? `${error.hint} ${String(error.cause)}` : '',
  ].join();
  for (const secret of [community, authKey, privKey, 'another-secret'])
    expect(all).not.toContain(secret);
}

/** Make of an inform of version 3 an answer in clear to it, with the same msgID and an empty PDU. */
function unauthenticatedAnswer(inform: Uint8Array): Uint8Array {
  // SEQUENCE, version 3, then msgGlobalData with msgID first.
  const at = Buffer.from(inform).indexOf(Buffer.from([0x02, 0x01, 0x03, 0x30])) + 5;
  const msgID = inform.slice(at, at + 2 + (inform[at + 1] ?? 0));
  const zero = Uint8Array.of(0x02, 0x01, 0x00);
  const none = Uint8Array.of(0x04, 0x00);
  const usm = tlv(0x30, none, zero, zero, none, none, none);
  const pdu = tlv(0xa2, msgID, zero, zero, tlv(0x30));
  return tlv(
    0x30,
    Uint8Array.of(0x02, 0x01, 0x03),
    tlv(
      0x30,
      msgID,
      Uint8Array.of(0x02, 0x03, 0x00, 0xff, 0xe3),
      Uint8Array.of(0x04, 0x01, 0x00),
      Uint8Array.of(0x02, 0x01, 0x03),
    ),
    tlv(0x04, usm),
    tlv(0x30, none, none, pdu),
  );
}

function tlv(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag, content.length), content]);
}
