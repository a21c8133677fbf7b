import { describe, expect, it } from 'vitest';
import { operationUrl } from '../../../src/cmp/transport/operation-url.ts';

const refused = expect.objectContaining({ code: 'CONFIG_INVALID' });

describe('operationUrl()', () => {
  it.each([
    ['ir', 'initialization'],
    ['cr', 'certification'],
    ['kur', 'keyupdate'],
    ['p10cr', 'pkcs10'],
    ['rr', 'revocation'],
    ['caCerts', 'getcacerts'],
    ['rootCaCert', 'getrootupdate'],
    ['certReqTemplate', 'getcertreqtemplate'],
    ['crlStatusList', 'getcrls'],
  ] as const)('names %s as RFC 9483 section 6.1 does: %s [T5]', (what, label) => {
    const url = 'http://ra.example/.well-known/cmp';
    expect(operationUrl(url, what, true)).toBe(`${url}/${label}`);
  });

  it('leaves the URL as it is for any other general message, and without operation-labels [T5]', () => {
    const url = 'http://ra.example/pkix//?p=1';
    expect(operationUrl(url, 'genm', true)).toBe(url);
    expect(operationUrl(url, 'kur', false)).toBe(url);
  });

  it.each([
    ['http://ra.example', 'http://ra.example/.well-known/cmp/keyupdate'],
    ['http://ra.example/', 'http://ra.example/.well-known/cmp/keyupdate'],
    ['http://ra.example/.well-known/cmp', 'http://ra.example/.well-known/cmp/keyupdate'],
    ['http://ra.example/.well-known/cmp/', 'http://ra.example/.well-known/cmp/keyupdate'],
    ['http://ra.example/.well-known/cmp/p/a', 'http://ra.example/.well-known/cmp/p/a/keyupdate'],
    [
      'http://ra.example/.well-known/cmp/p/pkcs10/',
      'http://ra.example/.well-known/cmp/p/pkcs10/keyupdate',
    ],
    ['http://ra.example/.well-known/cmp/keyupdate', 'http://ra.example/.well-known/cmp/keyupdate'],
    ['https://ra.example:8443/a/%7Eb', 'https://ra.example:8443/a/%7Eb/keyupdate'],
  ])('adds the label to %s, with or without a slash at its end [T5]', (url, expected) => {
    expect(operationUrl(url, 'kur', true)).toBe(expected);
  });

  it.each([
    'http://ra.example/.well-known/cmp?p=1',
    'http://ra.example/.well-known/cmp/certification',
    'http://ra.example/.well-known/cmp/p/a/initialization/',
    'ftp://ra.example',
  ])('refuses %s, which takes no label [T5]', (url) => {
    expect(() => operationUrl(url, 'kur', true)).toThrow(refused);
  });
});
