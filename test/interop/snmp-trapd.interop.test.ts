import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { Notification } from '../../src/traps/alarms/notification.ts';
import { testNotification } from '../../src/traps/alarms/test-notification.ts';
import { defaultBaseOid } from '../../src/traps/base-oid.ts';
import type { SnmpDestination, SnmpSecrets } from '../../src/traps/destination.ts';
import type { NotificationSender } from '../../src/traps/sender.ts';
import { snmpSender } from '../../src/traps/snmp-sender.ts';
import { requirePeer } from '../harness/require.ts';
import { authKey, community, privKey } from '../traps/receiver.ts';
import { allNames, facts, failing, hoursLeft, sample, startWatch } from '../traps/samples.ts';
import { startTrapd, trapEngineID, type Trapd } from './snmp-trapd.ts';

const secrets: SnmpSecrets = {
  community: utf8(community),
  authKey: utf8(authKey),
  privKey: utf8(privKey),
};
const open: { stop(): Promise<void> }[] = [];

beforeEach((context) => requirePeer(context, 'snmptrapd'));

afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

/** Users, named after what protects them; by the name of an authentication alone, with the privacy of its strength. */
const users = {
  sha256: { auth: 'sha256', priv: 'aes128' },
  sha512: { auth: 'sha512', priv: 'aes256' },
  'sha256-aes256': { auth: 'sha256', priv: 'aes256' },
  'sha512-aes128': { auth: 'sha512', priv: 'aes128' },
} as const;

type Version = '2c' | keyof typeof users;

interface Wanted {
  readonly version?: Version;
  readonly kind?: 'trap' | 'inform';
  readonly host?: string;
  readonly user?: string;
  readonly timeoutMs?: number;
  readonly boots?: number;
  readonly uptimeSeconds?: number;
  readonly secrets?: SnmpSecrets;
  readonly baseOid?: string;
}

/** A sender as one process has it. */
function sender({ port }: Trapd, wanted: Wanted = {}): NotificationSender {
  const {
    version = '2c',
    kind = 'trap',
    host = '127.0.0.1',
    boots = 1,
    uptimeSeconds = 7,
  } = wanted;
  const where = { type: 'snmp', name: 'noc', host, port, kind } as const;
  const destination: SnmpDestination =
    version === '2c'
      ? { ...where, version, timeoutMs: 500, retries: 0 }
      : {
          ...where,
          version: '3',
          user: wanted.user ?? version,
          ...users[version],
          timeoutMs: wanted.timeoutMs ?? 5000,
          retries: 0,
        };
  const made = snmpSender({
    destination,
    secrets: { ...secrets, ...wanted.secrets },
    engine: { engineID: trapEngineID, boots },
    uptimeMs: () => uptimeSeconds * 1000,
    baseOid: wanted.baseOid ?? defaultBaseOid,
  });
  open.push({ stop: () => made.close() });
  return made;
}

async function trapd(family?: 4 | 6, baseOid?: string): Promise<Trapd> {
  const started = await startTrapd(family, baseOid);
  open.push(started);
  return started;
}

function saying(text: string): Notification {
  return testNotification(1, new Date(), text);
}

describe('snmptrapd', () => {
  it.each([
    ['2c', 'trap'],
    ['2c', 'inform'],
    ['sha256', 'trap'],
    ['sha256', 'inform'],
    ['sha512', 'trap'],
    ['sha512', 'inform'],
    ['sha256-aes256', 'trap'],
    ['sha256-aes256', 'inform'],
    ['sha512-aes128', 'trap'],
    ['sha512-aes128', 'inform'],
  ] as const)('takes %s %ss, and reads them with our MIB', async (version, kind) => {
    const receiver = await trapd();
    const { send } = sender(receiver, { version, kind });
    expect(await send(sample())).toBe(kind === 'trap' ? 'sent' : 'acknowledged');
    expect(await receiver.line(/clmCertAboutToExpire/)).toBe(
      [
        'got|sysUpTime.0 = Timeticks: (700) 0:00:07.00',
        'snmpTrapOID.0 = OID: clmCertAboutToExpire',
        'clmCertName.7 = STRING: gw1',
        'clmCertSubject.7 = STRING: CN=gw1,O=Tést',
        'clmCertIssuer.7 = STRING: CN=CA,O=Test',
        'clmCertSerialNumber.7 = STRING: 0:d1:f3:9a',
        'clmCertNotAfter.7 = STRING: 2027-3-1,0:0:0.0,+0:0',
        'clmCertTimeLeft.7 = INTEGER: 345599 seconds',
        'clmCertState.7 = INTEGER: expiring(7)',
        'clmEventSeverity.0 = INTEGER: warning(6)',
        'clmEventSequence.0 = Gauge32: 41',
        'clmEventTime.0 = STRING: 2027-2-25,0:0:0.9,+0:0',
        'clmEventText.0 = STRING: Certificate "gw1" expires',
        'clmEventNextAttempt.0 = STRING: 2027-2-25,6:0:0.0,+0:0',
        'clmEventSuppressed.0 = Gauge32: 2',
      ].join('\t'),
    );
  });

  it('takes them over IPv6', async () => {
    const receiver = await trapd(6);
    const { send } = sender(receiver, { version: 'sha256', kind: 'inform', host: '::1' });
    expect(await send(saying('six'))).toBe('acknowledged');
    await receiver.line(/clmEventText.0 = STRING: six/);
  });

  it('reads every notification by names alone, below another base too', async () => {
    const baseOid = '1.3.6.1.4.1.99999.7';
    const receiver = await trapd(4, baseOid);
    const { send } = sender(receiver, { version: 'sha256', kind: 'inform', baseOid });
    for (const name of allNames) {
      await send(sample(name));
      const line = await receiver.line(new RegExp(`snmpTrapOID.0 = OID: ${name}\\t`));
      // What has no name there is printed with numbers.
      const unknown = line.split('\t').filter((each) => !/^(?:got\|)?[A-Za-z]+\.\d+ = /.test(each));
      expect(unknown, name).toEqual([]);
      expect(line).not.toMatch(/Wrong Type|Bad/);
    }
  });

  it('goes on taking traps of version 3 when the sender was started again, with one boot more', async () => {
    const receiver = await trapd();
    const life = { version: 'sha256', kind: 'trap' } as const;
    await sender(receiver, { ...life, boots: 3, uptimeSeconds: 9000 }).send(saying('first life'));
    await receiver.line(/first life/);
    await sender(receiver, { ...life, boots: 4, uptimeSeconds: 0 }).send(saying('second life'));
    await receiver.line(/second life/);
    // A sender that forgot to count is dropped, and nobody tells it.
    expect(await sender(receiver, { ...life, boots: 3 }).send(saying('third life'))).toBe('sent');
    await sender(receiver, { ...life, boots: 4, uptimeSeconds: 1 }).send(saying('still there'));
    await receiver.line(/still there/);
    expect(receiver.log()).not.toContain('third life');
  });

  it('acknowledges informs of the same sender after it was started again itself, and as another engine', async () => {
    const receiver = await trapd();
    const { send } = sender(receiver, { version: 'sha512', kind: 'inform' });
    expect(await send(saying('one'))).toBe('acknowledged');
    await receiver.restart();
    expect(await send(saying('two'))).toBe('acknowledged');
    await receiver.line(/two/);
    await receiver.forget();
    expect(await send(saying('three'))).toBe('acknowledged');
    await receiver.line(/three/);
  });

  it('says of an inform that its authentication key is wrong, and nothing about a trap', async () => {
    const receiver = await trapd();
    const wrong = { version: 'sha256', secrets: { authKey: utf8('not-the-auth-key') } } as const;
    await expect(sender(receiver, { ...wrong, kind: 'inform' }).send(saying('x'))).rejects.toThrow(
      /the authentication key is wrong$/,
    );
    expect(await sender(receiver, { ...wrong, kind: 'trap' }).send(saying('lost'))).toBe('sent');
    await sender(receiver, { version: 'sha256', kind: 'trap' }).send(saying('arrived'));
    await receiver.line(/arrived/);
    expect(receiver.log()).not.toContain('lost');
  });

  it('does not acknowledge an inform with a wrong privacy key, an unknown user or a wrong community', async () => {
    const receiver = await trapd();
    const inform = { version: 'sha256', kind: 'inform' } as const;
    const privacy = sender(receiver, {
      ...inform,
      timeoutMs: 500,
      secrets: { privKey: utf8('not-the-priv-key') },
    });
    const user = sender(receiver, { ...inform, user: 'nobody' });
    const other = sender(receiver, { kind: 'inform', secrets: { community: utf8('another') } });
    await expect(privacy.send(saying('lost'))).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
    });
    await expect(user.send(saying('lost'))).rejects.toThrow(/it does not know the user$/);
    await expect(other.send(saying('lost'))).rejects.toThrow(/there was no answer$/);
    expect(receiver.log()).not.toContain('lost');
  });

  it('sees an alarm raised, made worse, and cleared by the renewal', async () => {
    const receiver = await trapd();
    const { send } = sender(receiver, { version: 'sha256', kind: 'inform' });
    const watch = startWatch();
    const renewed = { ...facts, serialNumber: '77', notAfter: hoursLeft(-2000) };
    const occurrences = [{ type: 'renewed', details: { operation: 'kur' } }] as const;
    const told = [
      ...watch.look(facts, hoursLeft(100)),
      ...watch.look({ ...facts, failing }, hoursLeft(99)),
      ...watch.look({ ...renewed, occurrences }, hoursLeft(98)),
    ];
    for (const notification of told) await send(notification);
    const severities = [
      /AboutToExpire.*warning\(6\)/,
      /AboutToExpire.*minor\(5\)/,
      /RenewalFailed.*minor\(5\)/,
      /CertRenewed.*cleared\(1\)/,
      /ExpiryCleared.*cleared\(1\).*renewed/,
    ];
    for (const each of severities) await receiver.line(each);
    expect(watch.alarms()).toEqual([]);
  });
});
