import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { objectIdentifier, octetString } from '../../src/asn1/primitives.ts';
import { utf8String } from '../../src/asn1/strings.ts';
import { extensions } from '../../src/inspect/extensions.ts';
import { inspectDer } from '../../src/inspect/inspect.ts';
import { formatTree, type Node } from '../../src/inspect/node.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { CertificationRequest } from '../../src/x509/certification-request.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { formatName } from '../../src/x509/name-text.ts';
import { vectorCertificate, vectorDer, vectorMessage, vectorNames } from '../cmp/vectors.ts';
import { rejectionTree, rootTree } from './trees.ts';

/** The node at a path of names, the first of a name each time. */
function at(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>(
    (found, name) => found?.children?.find((child) => child.name === name),
    node,
  );
}

function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...elements);
  return concatBytes(Uint8Array.of(0x30, content.length), content);
}

describe.each(vectorNames)('%s of OpenSSL 3.0', (name) => {
  it('is shown with its transactionID, body, names and protection', () => {
    const { header, body, protection, extraCerts } = vectorMessage(name);
    const tree = inspectDer(vectorDer(name));
    expect(tree.name).toBe('PKIMessage');
    expect(at(tree, 'header', 'transactionID')?.value).toBe(
      toHex(header.transactionID ?? new Uint8Array()),
    );
    if (header.sender.type !== 'directoryName') throw new Error('the sender is no directoryName');
    const sender = formatName(header.sender.value) || 'NULL-DN';
    expect(at(tree, 'header', 'sender')?.value).toBe(`directoryName ${sender}`);
    expect(at(tree, 'body')?.value).toBe(body.type);
    expect(at(tree, 'protection') !== undefined).toBe(protection !== undefined);
    const subjects = at(tree, 'extraCerts')?.children?.map(
      (one) => at(one, 'tbsCertificate', 'subject')?.value,
    );
    expect(subjects).toEqual(
      extraCerts?.map(({ tbsCertificate }) => formatName(tbsCertificate.subject)),
    );
  });
});

const secret = utf8('secret');

describe('inspectDer()', () => {
  it.each(['ca', 'srv', 'client', 'client-rsa', 'ee', 'ee-rsa'])(
    'shows the certificate %s with its subject, key and extensions',
    (name) => {
      const value = vectorCertificate(name);
      const tbs = at(inspectDer(certificateDer(value)), 'tbsCertificate');
      expect(at(tbs, 'subject')?.value).toBe(formatName(value.tbsCertificate.subject));
      const key = at(tbs, 'subjectPublicKeyInfo', 'keyType')?.value;
      expect(key).toBe(name.endsWith('-rsa') ? 'rsa-2048' : 'p-256');
      expect(at(tbs, 'extensions')?.children).toHaveLength(
        value.tbsCertificate.extensions?.length ?? 0,
      );
    },
  );

  it('writes a rejection as in the text beside this test', () => {
    expect(formatTree(inspectDer(vectorDer('ir-error.rsp1')))).toBe(rejectionTree);
  });

  it('writes a root certificate as in the text beside this test', () => {
    const der = certificateDer(vectorCertificate('ca'));
    expect(formatTree(inspectDer(der))).toBe(rootTree);
  });

  it('shows a PKCS #10 request', () => {
    const { body } = vectorMessage('p10cr-sig-ec.req1');
    if (body.type !== 'p10cr') throw new Error('the vector is no p10cr');
    const tree = inspectDer(toDer(CertificationRequest, body.value));
    expect(tree.name).toBe('CertificationRequest');
    expect(at(tree, 'certificationRequestInfo', 'subject')?.value).toBe(
      formatName(body.value.certificationRequestInfo.subject),
    );
  });

  it('names the departures from DER that are tolerated in a certificate', () => {
    // basicConstraints with cA FALSE written out: RFC 5280 has that as its DEFAULT.
    const der = certificateDer(vectorCertificate('ee'));
    const plain = '551d13 0101ff 0402 3000'.replaceAll(' ', '');
    expect(toHex(der)).toContain(plain);
    const bent = fromHex(toHex(der).replace('551d130101ff', '551d13010100'));
    const names = at(inspectDer(bent), 'departures from DER')?.children?.map(({ name }) => name);
    expect(names).toEqual(['DEFAULT encoded']);
  });

  it('shows 200 elements of an extension, and says how many more there are', () => {
    const names = Array.from({ length: 201 }, (_, i) => ({
      type: 'dNSName' as const,
      value: `gw${i}.example`,
    }));
    const shown = extensions('extensions', [extension('subjectAltName', names)], 'strictly');
    const lines = shown.children?.[0]?.children ?? [];
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toEqual({ name: '…', value: '1 more' });
  });

  it('shows the octets of an extension that does not decode, and why', () => {
    const bent = rawExtension('keyUsage', fromHex('0500'), true);
    expect(formatTree(extensions('extensions', [bent], 'strictly'))).toMatch(
      /^extensions\n {2}keyUsage \(2\.5\.29\.15\): critical\n {4}extnValue: 0500\n {4}notDecoded: .*keyUsage/,
    );
  });

  it('shows DER it does not know by its ASN.1 types', () => {
    const der = sequence(
      fromHex('020105'),
      fromHex('06082a8648ce3d030107'),
      fromHex('0500'),
      toDer(utf8String, 'a\u001b[2J'),
      fromHex('800141'),
    );
    expect(formatTree(inspectDer(der))).toBe(
      [
        'SEQUENCE',
        '  INTEGER: 5',
        '  OBJECT IDENTIFIER: prime256v1 (1.2.840.10045.3.1.7)',
        '  NULL',
        '  UTF8String: a\\u001b[2J',
        '  [0]: 41 "A"',
        '',
      ].join('\n'),
    );
  });

  it('cuts long octets, and says how many there are', () => {
    const { value } = inspectDer(toDer(octetString, new Uint8Array(100)));
    expect(value).toBe(`${'00'.repeat(64)}… (100 octets in all)`);
  });

  it.each([
    ['PrivateKeyInfo', sequence(fromHex('020100'), sequence(), toDer(octetString, secret))],
    [
      'EncryptedPrivateKeyInfo',
      sequence(sequence(fromHex('06012a'), sequence()), toDer(octetString, secret)),
    ],
    ['ECPrivateKey', sequence(fromHex('020101'), toDer(octetString, secret))],
    ['RSAPrivateKey', sequence(...Array.from({ length: 9 }, () => fromHex('020117')))],
    ['DSAPrivateKey', sequence(...Array.from({ length: 6 }, () => fromHex('020117')))],
    ['PFX', sequence(fromHex('020103'), sequence(toDer(objectIdentifier, oids.data)))],
  ])('says of a %s what it is and how long, and no more', (name, der) => {
    expect(formatTree(inspectDer(der))).toBe(`${name}: ${der.length} octets, not shown\n`);
  });

  it('takes a message that is cut off or bent for malformed, and does not show a part of it', () => {
    const der = vectorDer('ir-pbm.req1');
    const refused = expect.objectContaining({ code: 'DER_MALFORMED' });
    for (let length = 1; length < der.length; length++) {
      expect(() => inspectDer(der.subarray(0, length))).toThrow(refused);
    }
    const bent = fromHex(toHex(der).replace('020102', '020082'));
    expect(() => inspectDer(bent)).toThrow(refused);
  });

  it('refuses DER that is nested too deep', () => {
    let der = fromHex('3000');
    for (let depth = 0; depth < 50; depth++) der = sequence(der);
    expect(() => inspectDer(der)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });
});

describe('the number of a CRL', () => {
  it.each([
    [255n, '255'],
    [1n << 200n, `0x01${'00'.repeat(25)}`],
  ])('%s is shown as it counts, if it is none too large for that', (number, text) => {
    const values = [extension('cRLNumber', number)];
    const [node] = extensions('crlExtensions', values, 'tolerantly').children ?? [];
    expect(JSON.stringify(node)).toContain(`{"name":"CRLNumber","value":"${text}"}`);
  });
});
