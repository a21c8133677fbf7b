import { describe, expect, it } from 'vitest';
import { formatNode, isNode, parseNode } from '../../src/sharing/node-identity.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseGeneralName } from '../../src/x509/general-name-text.ts';
import { issue } from '../harness/certificates.ts';

const names = ['dns:node2.example', 'dns:*.wide.example', 'ip:192.0.2.2', 'uri:urn:node:2'];
const { certificate } = issue({
  subject: 'CN=node2,O=Test',
  extensions: [extension('subjectAltName', names.map(parseGeneralName))],
});

function isIt(node: string, stored?: Uint8Array): boolean {
  return isNode(parseNode(node), certificate, stored);
}

describe('isNode()', () => {
  it.each([
    'dns:node2.example',
    'DNS:Node2.Example.',
    'ip:192.0.2.2',
    'uri:urn:node:2',
    'CN=node2,O=Test',
    'cn=NODE2,o=test',
  ])('knows it by %s', (node) => {
    expect(isIt(node)).toBe(true);
  });

  it.each([
    'dns:node2.example.org',
    'dns:example',
    'dns:any.wide.example',
    'dns:node2',
    'ip:192.0.2.3',
    'email:node2@node2.example',
    'CN=node2',
    'CN=node2,O=Test,C=DE',
    'dirname:CN=node2,O=Test',
    'node2',
  ])('does not know it by %s', (node) => {
    expect(isIt(node)).toBe(false);
  });

  it('knows it by the name of a certificate only when that is exactly the same', () => {
    expect(isIt('stored', certificateDer(certificate))).toBe(true);
    const twin = issue({ subject: 'CN=node2,O=Test' });
    expect(isIt('stored', certificateDer(twin.certificate))).toBe(false);
  });
});

describe('parseNode()', () => {
  it.each(['dns:node2.example', 'ip:2001:db8::2', 'CN=node2,O=Test', 'node2'])(
    'reads %s, and formatNode() writes it so',
    (text) => {
      expect(formatNode(parseNode(text))).toBe(text);
    },
  );

  it.each([
    ['dns:*.example', 'a node has one name'],
    ['', 'an empty subject is that of anybody'],
    ['ip:everywhere', 'not an IPv4 or IPv6 address'],
    ['node 2', 'Cannot'],
  ])('refuses %j', (text, why) => {
    expect(() => parseNode(text)).toThrow(why);
  });
});
