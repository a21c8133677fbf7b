import { CertError } from '../base/errors.ts';
import { isOfMib, type Notification } from './alarms/notification.ts';
import { cutUtf8, maxTextOctets, messageValue } from './message-values.ts';
import { mibNotifications } from './mib-notifications.ts';
import { certificateColumns, eventObjects, isColumn, type NotifiedObject } from './mib-objects.ts';
import { oidOctets, varbindOctets, type Varbind } from './varbind.ts';

/** A notification as SNMP sends it. */
export interface SnmpMessage {
  /** Of snmpTrapOID.0. */
  readonly notificationOid: string;
  /** As the MIB orders them; without sysUpTime.0 and snmpTrapOID.0, which come before. */
  readonly varbinds: readonly Varbind[];
}

/** One Ethernet frame with its IPv6 and UDP headers, and some room: datagrams in fragments get lost. */
export const maxMessageOctets = 1400;

/** sysUpTime.0, and snmpTrapOID.0 without the base: each about 20 octets. */
const fixedOctets = 50;

/** What is shortened, in this order, and how far; what still does not fit then is sent in fragments. */
const shortened: readonly (readonly [object: NotifiedObject, leastOctets: number])[] = [
  ['clmEventText', 40],
  ['clmCertIssuer', 40],
  ['clmCertSubject', 64],
  ['clmEventEndpoint', 64],
  ['clmEventReason', 32],
];

/**
 * Make the message of a notification: columns under the index of the certificate, all else under `.0`. One that
 * would be too long for a frame loses of its text, then of issuer and subject.
 *
 * @param baseOid as `parseBaseOid` takes it
 * @param envelopeOctets what the version adds: community, or header and security parameters
 * @throws {CertError} INTERNAL for one that is not of the MIB
 */
export function snmpMessage(
  notification: Notification,
  baseOid: string,
  envelopeOctets: number,
): SnmpMessage {
  if (!isOfMib(notification)) {
    throw new CertError('INTERNAL', `Cannot make a message of ${notification.name}: no MIB has it`);
  }
  const { number, objects } = mibNotifications[notification.name];
  const notificationOid = `${baseOid}.0.${number}`;
  const index = notification.certificate?.index ?? 0;
  const limits = new Map<NotifiedObject, number>();
  const make = (): Varbind[] =>
    objects.map((object) => {
      const oid = instanceOid(object, baseOid, index);
      const value = messageValue(object, notification);
      if (value.type !== 'text') return { oid, ...value };
      const limit = limits.get(object) ?? maxTextOctets;
      return { oid, type: 'octets', value: cutUtf8(value.value, limit) };
    });
  const room = maxMessageOctets - envelopeOctets - fixedOctets - oidOctets(notificationOid);
  for (const [object, least] of shortened) {
    const varbinds = make();
    const excess = varbinds.reduce((sum, each) => sum + varbindOctets(each), -room);
    if (excess <= 0) return { notificationOid, varbinds };
    const at = varbinds[objects.indexOf(object)];
    if (at?.type === 'octets') limits.set(object, Math.max(least, at.value.length - excess));
  }
  return { notificationOid, varbinds: make() };
}

function instanceOid(object: NotifiedObject, baseOid: string, index: number): string {
  return isColumn(object)
    ? `${baseOid}.1.1.1.${certificateColumns[object].number}.${index}`
    : `${baseOid}.1.2.${eventObjects[object].number}.0`;
}
