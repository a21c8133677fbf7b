import { describe, expect, it } from 'vitest';
import { hostIdentity, parseIdentity } from '../../src/revocation/peer-identity-text.ts';

describe('an identity as text', () => {
  it.each([
    ['dns:gw.example', { type: 'dNSName', value: 'gw.example' }],
    ['ip:192.0.2.1', { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) }],
    ['email:a@b.example', { type: 'rfc822Name', value: 'a@b.example' }],
    ['uri:urn:x', { type: 'uniformResourceIdentifier', value: 'urn:x' }],
    ['CN=gw1', { type: 'directoryName' }],
  ])('is read: %s', (text, identity) => {
    expect(parseIdentity(text)).toMatchObject(identity);
  });

  it.each(['ip:1.2.3', 'ip:1.2.3.256', 'ip:1::2::3', 'ip:g::'])('is refused: %s', (text) => {
    expect(() => parseIdentity(text)).toThrow(/no IP address/);
  });
});

describe('an identity that is empty', () => {
  it.each(['', ' '])('is refused: "%s"', (text) => {
    expect(() => parseIdentity(text)).toThrow('Cannot use an empty identity');
  });
});

describe('an identity that says not of which kind it is', () => {
  it('is refused with how it is written', () => {
    expect(() => parseIdentity('gw1.example')).toThrow('"gw1.example" as identity: not KIND:VALUE');
  });
});

describe('the identity of a host', () => {
  it.each([
    ['gw.example', { type: 'dNSName', value: 'gw.example' }],
    ['gw.example.', { type: 'dNSName', value: 'gw.example' }],
    ['127.0.0.1', { type: 'iPAddress', value: Uint8Array.of(127, 0, 0, 1) }],
    ['[::1]', { type: 'iPAddress', value: new Uint8Array(16).with(15, 1) }],
    ['1.2.3', { type: 'dNSName', value: '1.2.3' }],
  ])('is that of %s', (host, identity) => {
    expect(hostIdentity(host)).toStrictEqual(identity);
  });
});
