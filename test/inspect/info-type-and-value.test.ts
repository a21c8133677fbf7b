import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { encodeKeySpec } from '../../src/cmp/message/cert-req-template.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import { InfoTypeAndValue } from '../../src/cmp/message/info-type-and-value.ts';
import { infoTypeAndValue } from '../../src/inspect/info-type-and-value.ts';
import { formatTree } from '../../src/inspect/node.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { vectorCertificate } from '../cmp/vectors.ts';

function shown(item: InfoTypeAndValue): string {
  return formatTree(infoTypeAndValue(item));
}

describe('infoTypeAndValue()', () => {
  it('shows a question without a value by its name', () => {
    expect(shown(info('caCerts'))).toBe('caCerts (1.3.6.1.5.5.7.4.17)\n');
  });

  it('shows the certificates of caCerts and rootCaKeyUpdate', () => {
    const ca = vectorCertificate('ca');
    expect(shown(info('caCerts', [ca]))).toMatch(/^caCerts .*\n {2}Certificate\n {4}tbsCert/);
    const update = shown(info('rootCaKeyUpdate', { newWithNew: ca, newWithOld: ca }));
    expect(update).toContain('\n  newWithNew\n    tbsCertificate\n');
    expect(update).toContain('\n  newWithOld\n');
    expect(update).not.toContain('oldWithNew');
  });

  it('shows the template and the keys a CA wants', () => {
    const value = {
      certTemplate: { subject: parseName('O=Test') },
      keySpec: [
        encodeKeySpec({ type: 'rsaKeyLen', value: 2048 }),
        encodeKeySpec({
          type: 'algId',
          value: {
            algorithm: oids.ecPublicKey,
            parameters: fromHex('06082a8648ce3d030107'),
          },
        }),
      ],
    };
    expect(shown(info('certReqTemplate', value))).toBe(
      [
        'certReqTemplate (1.3.6.1.5.5.7.4.19)',
        '  certTemplate',
        '    subject: O=Test',
        '  keySpec',
        '    rsaKeyLen (1.3.6.1.5.5.7.5.1.12): 2048',
        '    algId (1.3.6.1.5.5.7.5.1.11): ecPublicKey (1.2.840.10045.2.1)',
        '      parameters: prime256v1 (1.2.840.10045.3.1.7)',
        '',
      ].join('\n'),
    );
  });

  it('shows which CRL is asked for, and the one that is held', () => {
    const names = [{ type: 'directoryName', value: parseName('CN=CA') } as const];
    const status = {
      source: { type: 'issuer', value: names } as const,
      thisUpdate: { type: 'utcTime', value: new Date('2026-11-21T00:00:00Z') } as const,
    };
    expect(shown(info('crlStatusList', [status]))).toBe(
      [
        'crlStatusList (1.3.6.1.5.5.7.4.22)',
        '  CRLStatus',
        '    source',
        '      issuer',
        '        directoryName: CN=CA',
        '    thisUpdate: 2026-11-21T00:00:00Z',
        '',
      ].join('\n'),
    );
  });

  it('shows a value that does not decode by its ASN.1 types, and why it does not', () => {
    const bent = { infoType: oids.caCerts, infoValue: fromHex('3003020105') };
    expect(shown(bent)).toMatch(/^caCerts .*\n {2}INTEGER: 5\n {2}notDecoded: Cannot decode /);
  });

  it('makes the texts of a peer safe to print', () => {
    expect(shown(info('certProfile', ['a\u001b[2J']))).toContain('UTF8String: a\\u001b[2J');
  });

  it('shows a type nobody here knows by its number', () => {
    const item = { infoType: '1.2.3', infoValue: toDer(InfoTypeAndValue, { infoType: '1.2' }) };
    expect(shown(item)).toBe('1.2.3\n  OBJECT IDENTIFIER: 1.2\n');
  });
});
