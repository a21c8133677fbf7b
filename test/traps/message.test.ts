import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { defaultBaseOid } from '../../src/traps/base-oid.ts';
import { encodeDateAndTime } from '../../src/traps/date-and-time.ts';
import { cutUtf8 } from '../../src/traps/message-values.ts';
import { maxMessageOctets, snmpMessage } from '../../src/traps/message.ts';
import { varbindOctets } from '../../src/traps/varbind.ts';
import { allNames, sample } from './samples.ts';

const mib = readFileSync(join(import.meta.dirname, '../../mibs/CERT-LIFECYCLE-MIB.txt'), 'utf8');

/** What the MIB says of a notification: its number and its OBJECTS. */
function inMib(name: string): { readonly number: string; readonly objects: readonly string[] } {
  const pattern = new RegExp(
    `^${name} NOTIFICATION-TYPE\\s+OBJECTS \\{([^}]*)\\}.*?clmNotifications (\\d+) \\}`,
    'ms',
  );
  const [, objects = '', number = ''] = pattern.exec(mib) ?? [];
  return { number, objects: objects.split(',').map((each) => each.trim()) };
}

/** Where the MIB has an object: column and index, or a scalar. */
function instance(object: string): string {
  const [, parent, number] =
    new RegExp(`^${object} OBJECT-TYPE.*?::= \\{ (\\w+) (\\d+) \\}`, 'ms').exec(mib) ?? [];
  return parent === 'clmCertEntry' ? `1.1.1.${number}.7` : `1.2.${number}.0`;
}

const values = (message: ReturnType<typeof snmpMessage>): Record<string, number | string> =>
  Object.fromEntries(
    message.varbinds.map(({ oid, value }) => [
      oid.slice(defaultBaseOid.length + 1),
      typeof value === 'number' ? value : toHex(value),
    ]),
  );

describe('snmpMessage()', () => {
  it.each(allNames)('carries for %s exactly the OBJECTS of the MIB, in their order', (name) => {
    const { number, objects } = inMib(name);
    const message = snmpMessage(sample(name), defaultBaseOid, 30);
    expect(message.notificationOid).toBe(`${defaultBaseOid}.0.${number}`);
    expect(message.varbinds.map(({ oid }) => oid)).toEqual(
      objects.map((object) => `${defaultBaseOid}.${instance(object)}`),
    );
  });

  it('writes times as DateAndTime, the time left in seconds, and numbers of the MIB', () => {
    expect(values(snmpMessage(sample(), defaultBaseOid, 30))).toMatchObject({
      '1.1.1.2.7': toHex(utf8('gw1')),
      '1.1.1.3.7': toHex(utf8('CN=gw1,O=Tést')),
      '1.1.1.5.7': '00d1f39a',
      '1.1.1.8.7': '07eb0301000000002b0000',
      '1.1.1.9.7': 345_599,
      '1.1.1.10.7': 7,
      '1.2.1.0': 41,
      '1.2.2.0': '07eb0219000000092b0000',
      '1.2.3.0': 6,
      '1.2.10.0': '07eb0219060000002b0000',
      '1.2.11.0': 2,
    });
  });

  it('says of a certificate that is not there yet that it is empty, and 0 seconds are left', () => {
    const { certificate, ...rest } = sample('clmCertRenewalFailed', { details: {} });
    const { notBefore: _, notAfter: __, ...some } = certificate ?? { index: 7, name: '' };
    const first = { subject: '', issuer: '', serialNumber: '', fingerprint: '', profile: 'rootA' };
    const message = snmpMessage(
      { ...rest, certificate: { ...some, ...first, state: 'requested' } },
      defaultBaseOid,
      30,
    );
    expect(values(message)).toMatchObject({
      '1.1.1.3.7': '',
      '1.1.1.5.7': '',
      '1.1.1.8.7': '',
      '1.1.1.9.7': 0,
      '1.2.5.0': 0,
      '1.2.6.0': '',
      '1.2.7.0': -1,
      '1.2.10.0': '00'.repeat(11),
    });
  });

  it.each([
    ['9999-12-31T23:59:59Z', 2_147_483_647],
    ['1900-01-01T00:00:00Z', -2_147_483_648],
    ['2027-02-24T23:59:59Z', -2],
  ])('clamps the seconds until %s to an Integer32', (text, seconds) => {
    const { certificate, ...rest } = sample();
    const notAfter = new Date(text);
    const message = snmpMessage(
      { ...rest, ...(certificate && { certificate: { ...certificate, notAfter } }) },
      defaultBaseOid,
      30,
    );
    expect(values(message)['1.1.1.9.7']).toBe(seconds);
  });

  it('fits a frame by shortening the text, then issuer and subject, between characters', () => {
    const long = '€'.repeat(200);
    for (const name of allNames) {
      const { certificate, ...rest } = sample(name, { text: long });
      const message = snmpMessage(
        {
          ...rest,
          details: { ...rest.details, reason: long, endpoint: long },
          ...(certificate && {
            certificate: { ...certificate, subject: long, issuer: long, profile: 'x'.repeat(64) },
          }),
        },
        defaultBaseOid,
        300,
      );
      const octets = message.varbinds.reduce((sum, each) => sum + varbindOctets(each), 300 + 60);
      expect(octets, name).toBeLessThanOrEqual(maxMessageOctets);
      const texts = message.varbinds.flatMap(({ value }) =>
        typeof value === 'number' ? [] : value.length > 30 ? [value] : [],
      );
      for (const text of texts)
        expect(() => new TextDecoder('utf-8', { fatal: true }).decode(text)).not.toThrow();
    }
  });

  it('leaves alone what fits', () => {
    const text = 'x'.repeat(255);
    expect(
      values(snmpMessage(sample('clmCertIssued', { text }), defaultBaseOid, 200))['1.2.4.0'],
    ).toBe(toHex(utf8(text)));
  });
});

describe('varbindOctets()', () => {
  it.each([
    ['1.3.6.1.4.1.8072.1', 'integer', 0, '300d06082b06010401bf0801020100'],
    ['1.3.6.1.3', 'integer', -129, '300a06042b0601030202ff7f'],
    ['1.3.6.1.3', 'unsigned', 4_294_967_295, '300d06042b060103420500ffffffff'],
    ['1.3.6.1.3', 'integer', 128, '300a06042b06010302020080'],
  ] as const)('counts %s %s %d', (oid, type, value, hex) => {
    expect(varbindOctets({ oid, type, value })).toBe(fromHex(hex).length);
  });
});

describe('cutUtf8()', () => {
  it('never leaves half a character', () => {
    expect(cutUtf8('a€', 3)).toEqual(utf8('a'));
    expect(cutUtf8('a€', 4)).toEqual(utf8('a€'));
    expect(cutUtf8('€', 0)).toEqual(new Uint8Array());
  });
});

describe('encodeDateAndTime()', () => {
  it('writes 11 octets in UTC', () => {
    expect(toHex(encodeDateAndTime(new Date('2026-12-11T00:26:23.987Z')))).toBe(
      '07ea0c0b001a17092b0000',
    );
  });
});
