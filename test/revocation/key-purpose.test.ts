import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { checkPurpose, type KeyPurpose } from '../../src/revocation/key-purpose.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension, rawExtension, type KeyUsageBit } from '../../src/x509/extension-values.ts';
import { issue, makeKey } from '../harness/certificates.ts';

const rsa = makeKey(2048);
const ec = makeKey();

function outcome(purpose: KeyPurpose, extensions: readonly Extension[], key = ec): string {
  const { certificate } = issue({ subject: 'CN=gw1', key, extensions });
  return checkPurpose(certificate, purpose)?.reason ?? 'good';
}

function usage(...bits: readonly KeyUsageBit[]): readonly Extension[] {
  return [extension('keyUsage', bits, true)];
}

const ike: KeyPurpose = { type: 'ike' };
const strictIke: KeyPurpose = { type: 'ike', acceptTlsUsages: false };
const client: KeyPurpose = { type: 'tls-client' };
const server: KeyPurpose = { type: 'tls-server' };

describe('checkPurpose()', () => {
  it('takes a certificate that says nothing of purposes for every one', () => {
    for (const purpose of [ike, strictIke, client, server]) {
      expect(outcome(purpose, [])).toBe('good');
    }
  });

  it.each([
    ['ipsecIKE', 'good', 'good', 'wrong-purpose', 'wrong-purpose'],
    ['serverAuth', 'good', 'wrong-purpose', 'wrong-purpose', 'good'],
    ['clientAuth', 'good', 'wrong-purpose', 'good', 'wrong-purpose'],
    ['anyExtendedKeyUsage', 'good', 'good', 'good', 'good'],
    ['emailProtection', 'wrong-purpose', 'wrong-purpose', 'wrong-purpose', 'wrong-purpose'],
  ] as const)('judges extKeyUsage %s for IKE, IKE alone, TLS client and server', (name, ...are) => {
    const extensions = [extension('extKeyUsage', [oids[name]])];
    const found = [ike, strictIke, client, server].map((each) => outcome(each, extensions));
    expect(found).toEqual(are);
  });

  it('takes digitalSignature or nonRepudiation for IKE', () => {
    expect(outcome(ike, usage('digitalSignature'))).toBe('good');
    expect(outcome(ike, usage('nonRepudiation'))).toBe('good');
    expect(outcome(ike, usage('keyEncipherment', 'keyAgreement'))).toBe('wrong-purpose');
  });

  it('takes digitalSignature for TLS, and keyEncipherment for a server with RSA', () => {
    expect(outcome(client, usage('digitalSignature'))).toBe('good');
    expect(outcome(client, usage('nonRepudiation'))).toBe('wrong-purpose');
    expect(outcome(server, usage('keyEncipherment'), rsa)).toBe('good');
    expect(outcome(server, usage('keyEncipherment'), ec)).toBe('wrong-purpose');
    expect(outcome(client, usage('keyEncipherment'), rsa)).toBe('wrong-purpose');
  });

  it('says what cannot be read, and does not throw', () => {
    const broken = [rawExtension('extKeyUsage', Uint8Array.of(5, 0))];
    expect(outcome(ike, broken)).toBe('malformed-extension');
  });
});
