import { describe, expect, it } from 'vitest';
import { checkIdentity, type PeerIdentity } from '../../src/revocation/peer-identity.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { nullDn } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { issue } from '../harness/certificates.ts';

function outcome(
  names: readonly GeneralName[],
  identity: PeerIdentity,
  hosts?: 'wildcards',
  subject = 'CN=gw1.example,O=Test',
): string {
  const extensions = names.length > 0 ? [extension('subjectAltName', names)] : [];
  const { certificate } = issue({ subject, extensions });
  return checkIdentity(certificate, identity, hosts)?.reason ?? 'same';
}

function dns(value: string): Extract<PeerIdentity, { type: 'dNSName' }> {
  return { type: 'dNSName', value };
}

function name(text: string): Extract<PeerIdentity, { type: 'directoryName' }> {
  return { type: 'directoryName', value: parseName(text) };
}

function mail(value: string): Extract<PeerIdentity, { type: 'rfc822Name' }> {
  return { type: 'rfc822Name', value };
}

describe('checkIdentity()', () => {
  it('compares a name with the whole subject, not with a part of it', () => {
    expect(outcome([], name('cn=GW1.example, o=test'))).toBe('same');
    expect(outcome([], name('CN=gw1.example'))).toBe('wrong-identity');
    expect(outcome([], name('CN=gw1.example'), undefined, 'CN=gw1.example')).toBe('same');
    expect(outcome([], name('CN=gw1'), undefined, 'CN=gw1.example')).toBe('wrong-identity');
    expect(outcome([name('CN=other')], name('CN=other'))).toBe('same');
  });

  it('takes a host only from subjectAltName, in any case', () => {
    expect(outcome([dns('GW1.example')], dns('gw1.EXAMPLE'))).toBe('same');
    expect(outcome([], dns('gw1.example'))).toBe('wrong-identity');
    expect(outcome([dns('gw1.example.evil')], dns('gw1.example'))).toBe('wrong-identity');
    expect(outcome([dns('gw1.example\u0000.evil')], dns('gw1.example'))).toBe('wrong-identity');
  });

  it('takes nobody for an identity that is empty', () => {
    const nobody: PeerIdentity = { type: 'directoryName', value: nullDn };
    const san = extension('subjectAltName', [dns(''), mail(''), nobody], true);
    const { certificate } = issue({ subject: nullDn, extensions: [san] });
    for (const identity of [nobody, dns(''), mail('')]) {
      expect(checkIdentity(certificate, identity)?.reason).toBe('wrong-identity');
    }
  });

  it('folds no letter into an ASCII one but those of ASCII', () => {
    expect(outcome([dns('k.example')], dns('\u212a.example'))).toBe('wrong-identity');
    expect(outcome([mail('a@k.example')], mail('a@\u212a.example'))).toBe('wrong-identity');
  });

  it('takes no wildcard for one below a domain that a period ends', () => {
    expect(outcome([dns('*.example.')], dns('evil.example.'), 'wildcards')).toBe('wrong-identity');
    expect(outcome([dns('*..')], dns('evil..'), 'wildcards')).toBe('wrong-identity');
  });

  it('knows wildcards where it is told to, as one whole label', () => {
    expect(outcome([dns('*.example')], dns('gw1.example'))).toBe('wrong-identity');
    expect(outcome([dns('*.gw.example')], dns('a.gw.example'), 'wildcards')).toBe('same');
    expect(outcome([dns('*.gw.example')], dns('a.b.gw.example'), 'wildcards')).toBe(
      'wrong-identity',
    );
    expect(outcome([dns('*.gw.example')], dns('gw.example'), 'wildcards')).toBe('wrong-identity');
    expect(outcome([dns('a*.gw.example')], dns('ab.gw.example'), 'wildcards')).toBe(
      'wrong-identity',
    );
    expect(outcome([dns('*.example')], dns('gw1.example'), 'wildcards')).toBe('wrong-identity');
    expect(outcome([dns('gw1.example')], dns('gw1.example'), 'wildcards')).toBe('same');
  });

  it('compares addresses by octets, mailboxes with the case of their local part, URIs as they are', () => {
    const address = { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) } as const;
    expect(outcome([address], address)).toBe('same');
    expect(outcome([address], { ...address, value: Uint8Array.of(192, 0, 2, 2) })).toBe(
      'wrong-identity',
    );
    expect(outcome([mail('Ops@example.ORG')], mail('Ops@EXAMPLE.org'))).toBe('same');
    expect(outcome([mail('ops@example.org')], mail('Ops@example.org'))).toBe('wrong-identity');
    const uri = { type: 'uniformResourceIdentifier', value: 'urn:gw:1' } as const;
    expect(outcome([uri], uri)).toBe('same');
  });

  it('does not take a name of another form for it', () => {
    expect(outcome([mail('gw1.example')], dns('gw1.example'))).toBe('wrong-identity');
  });

  it('says what cannot be read, and does not throw', () => {
    const broken = rawExtension('subjectAltName', Uint8Array.of(5, 0));
    const { certificate } = issue({ subject: 'CN=gw1', extensions: [broken] });
    expect(checkIdentity(certificate, dns('gw1'))?.reason).toBe('malformed-extension');
  });
});
