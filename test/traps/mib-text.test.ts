import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultBaseOid, parseBaseOid } from '../../src/traps/base-oid.ts';
import { mibNotifications } from '../../src/traps/mib-notifications.ts';
import { mibText } from '../../src/traps/mib-text.ts';

const file = join(import.meta.dirname, '../../mibs/CERT-LIFECYCLE-MIB.txt');

describe('mibText()', () => {
  it('is what stands in mibs/CERT-LIFECYCLE-MIB.txt', () => {
    expect(mibText(defaultBaseOid)).toBe(readFileSync(file, 'utf8'));
  });

  it('has the fourteen notifications, numbered in their order', () => {
    expect(Object.values(mibNotifications).map(({ number }) => number)).toEqual(
      Array.from({ length: 14 }, (_, at) => at + 1),
    );
  });

  it.each([
    ['1.3.6.1.4.1.8072.9999.9999.4210', 'NET-SNMP-MIB', '{ netSnmpPlaypen 4210 }'],
    ['1.3.6.1.4.1.99999.7', 'SNMPv2-SMI', '{ enterprises 99999 7 }'],
    ['1.3.6.1.3.5', 'SNMPv2-SMI', '{ internet 3 5 }'],
  ])('hangs %s on what %s has', (base, module, identity) => {
    const text = mibText(base);
    expect(text).toContain(`::= ${identity}`);
    expect(text.includes('NET-SNMP-MIB')).toBe(module === 'NET-SNMP-MIB');
  });

  it('has no line that is too long for a MIB', () => {
    expect(
      mibText(defaultBaseOid)
        .split('\n')
        .filter((line) => line.length > 72),
    ).toEqual([]);
  });
});

describe('parseBaseOid()', () => {
  it.each([
    '',
    '1.3.6.1',
    '2.25.1',
    '1.3.6.1.4.1.x',
    '1.3.6.1.4.1.',
    '1.3.6.1.04',
    '1.3.6.1.4294967296',
    `1.3.6.1${'.1'.repeat(20)}`,
  ])('refuses "%s"', (text) => {
    expect(() => parseBaseOid(text)).toThrow(/^Cannot use ".*" as base OID of the notifications$/);
  });
});
