import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { toHex } from '../../src/base/bytes.ts';
import {
  assertOwnIdentity,
  charonIdentity,
  formatIkeIdentity,
  identitiesOf,
  parseIkeIdentity,
} from '../../src/lifecycle/ipsec-identity.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { Name } from '../../src/x509/name.ts';
import { issue } from '../harness/certificates.ts';

const { certificate } = issue({
  subject: 'CN=gw1,O=Test',
  extensions: [
    extension('subjectAltName', [
      { type: 'dNSName', value: 'gw1.example' },
      { type: 'rfc822Name', value: 'ops@gw1.example' },
      { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
      { type: 'uniformResourceIdentifier', value: 'urn:gw:1' },
    ]),
  ],
});

describe('parseIkeIdentity()', () => {
  it.each([
    ['gw1.example', 'dNSName', 'gw1.example'],
    ['@gw1.example', 'dNSName', 'gw1.example'],
    ['fqdn:gw1', 'dNSName', 'gw1'],
    ['dns:gw1', 'dNSName', 'gw1'],
    ['ops@gw1.example', 'rfc822Name', 'ops@gw1.example'],
    ['email:ops@gw1.example', 'rfc822Name', 'ops@gw1.example'],
    ['192.0.2.1', 'iPAddress', '192.0.2.1'],
    ['ip:192.0.2.1', 'iPAddress', '192.0.2.1'],
    ['2001:DB8::1', 'iPAddress', '2001:db8::1'],
    ['CN=gw1, O=Test', 'directoryName', 'CN=gw1,O=Test'],
    ['/O=Test/CN=gw1', 'directoryName', 'CN=gw1,O=Test'],
    ['asn1dn:CN=gw1', 'directoryName', 'CN=gw1'],
  ])('reads %s as %s, and what it writes as the same', (text, type, written) => {
    const identity = parseIkeIdentity(text);
    expect(identity.type).toBe(type);
    expect(formatIkeIdentity(identity)).toBe(written);
    expect(parseIkeIdentity(written)).toStrictEqual(identity);
  });

  it.each([
    ['*.example', 'no wildcards'],
    ['a b', 'not a host name'],
    ['1.2.3', 'not an address'],
    ['fd00::x', 'not an address'],
    ['a@b@c', 'not a mailbox'],
    ['https://gw1/', 'no URIs'],
    ['@#0102', 'not a mailbox'],
    ['asn1dn:', 'without parts'],
  ])('refuses %j: %s', (text, why) => {
    expect(() => parseIkeIdentity(text)).toThrow(why);
  });

  it('names what cannot be read of a distinguished name', () => {
    expect(() => parseIkeIdentity('XX=gw1')).toThrow('"XX" is not an attribute type');
  });
});

describe('charonIdentity()', () => {
  it('writes a distinguished name as DER, for charon reads text the other way round', () => {
    const identity = parseIkeIdentity('CN=gw1,O=Test');
    const { subject } = certificate.tbsCertificate;
    expect(charonIdentity(identity)).toBe(`asn1dn:#${toHex(toDer(Name, subject))}`);
    expect(charonIdentity(parseIkeIdentity('CN=GW1,O=test'), certificate)).toBe(
      `asn1dn:#${toHex(toDer(Name, subject))}`,
    );
  });

  it('says of which kind a host name and a mailbox are', () => {
    expect(charonIdentity(parseIkeIdentity('gw1'))).toBe('fqdn:gw1');
    expect(charonIdentity(parseIkeIdentity('a@b'))).toBe('rfc822:a@b');
    expect(charonIdentity(parseIkeIdentity('192.0.2.1'))).toBe('192.0.2.1');
  });
});

describe('assertOwnIdentity()', () => {
  it.each(['CN=GW1,O=Test', 'GW1.example', 'ops@gw1.example', '192.0.2.1'])(
    'takes %s, which the certificate has',
    (text) => {
      expect(() => assertOwnIdentity(certificate, parseIkeIdentity(text), 'gw1')).not.toThrow();
    },
  );

  it.each(['CN=gw1', 'O=Test,CN=gw1', 'gw1', 'example', '192.0.2.2', 'OPS@gw1.example'])(
    'refuses %s, and lists what it has',
    (text) => {
      expect(() => assertOwnIdentity(certificate, parseIkeIdentity(text), 'gw1')).toThrow(
        'with certificate "gw1": it has "CN=gw1,O=Test", dns:gw1.example, email:ops@gw1.example, ip:192.0.2.1',
      );
    },
  );

  it('knows its own subject written the other way round', () => {
    const backwards = parseIkeIdentity('O=Test,CN=gw1');
    expect(() => assertOwnIdentity(certificate, backwards, 'gw1')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('the other way round') }),
    );
  });

  it('lists nothing of a certificate that has nothing', () => {
    const { certificate: nobody } = issue({ subject: '' });
    expect(identitiesOf(nobody)).toStrictEqual([]);
  });
});
