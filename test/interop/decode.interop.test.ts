import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatTime } from '../../src/base/format-time.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { inspectDer } from '../../src/inspect/inspect.ts';
import { formatTree, type Node } from '../../src/inspect/node.ts';
import { decodeOcspRequest, OCSPRequest } from '../../src/x509/ocsp-request.ts';
import {
  BasicOCSPResponse,
  decodeOcspResponse,
  OCSPResponse,
} from '../../src/x509/ocsp-response.ts';
import { vectorDer, vectorNames } from '../cmp/vectors.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { makeOpensslAuthority, type OpensslAuthority } from './openssl/authority.ts';

let directory: string;
let authority: OpensslAuthority;
beforeAll(() => {
  if (!hasPeer('openssl')) return;
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-decode-'));
  authority = makeOpensslAuthority(directory);
});
afterAll(() => {
  if (hasPeer('openssl')) rmSync(directory, { recursive: true });
});
beforeEach((context) => requirePeer(context, 'openssl'));

/** All values of a name in a tree, in their order. */
function all({ name, value, children = [] }: Node, wanted: string): readonly string[] {
  const own = name === wanted && value !== undefined ? [value] : [];
  return [...own, ...children.flatMap((child) => all(child, wanted))];
}

/** What stands behind a label in a text of OpenSSL, each time. */
function said(text: string, label: RegExp): readonly string[] {
  return [...text.matchAll(new RegExp(`${label.source}:? *(.*)`, 'g'))].map(([, value = '']) =>
    value.trim(),
  );
}

function times(values: readonly string[]): readonly string[] {
  return values.map((value) => formatTime(new Date(value)));
}

function lower(values: readonly string[]): readonly string[] {
  return values.map((value) => value.toLowerCase());
}

describe('decode, beside what OpenSSL says,', () => {
  it('shows number, entries, reasons, times and issuer of a CRL', () => {
    const text = authority.openssl('crl -in crl.pem -noout -text');
    const tree = inspectDer(authority.der('crl.pem'));
    expect(tree.name).toBe('CertificateList');
    expect(all(tree, 'issuer')).toEqual(['CN=Root,O=Test']);
    expect(all(tree, 'thisUpdate')).toEqual(times(said(text, /Last Update/)));
    expect(all(tree, 'nextUpdate')).toEqual(times(said(text, /Next Update/)));
    const serials = said(text, /Serial Number/);
    expect(serials).toHaveLength(2);
    expect(all(tree, 'revokedCertificates')).toEqual([String(serials.length)]);
    expect(all(tree, 'userCertificate')).toEqual(lower(serials));
    expect(all(tree, 'revocationDate')).toEqual(times(said(text, /Revocation Date/)));
    expect(all(tree, 'CRLReason')).toEqual(['keyCompromise', 'certificateHold']);
    const number = authority.openssl('crl -in crl.pem -noout -crlnumber');
    const numbers = said(number, /crlNumber=0x/).map((hex) => String(BigInt(`0x${hex}`)));
    expect(all(tree, 'CRLNumber')).toEqual(numbers);
    expect(all(tree, 'onlyContainsUserCerts')).toEqual(['TRUE']);
    expect(all(tree, 'uniformResourceIdentifier')).toEqual(['http://crl.example/1.crl']);
  });

  it('shows what an OCSP request asks about', () => {
    const text = authority.openssl('ocsp -reqin request.der -text');
    const tree = inspectDer(authority.der('request.der'));
    expect(tree.name).toBe('OCSPRequest');
    expect(all(tree, 'serialNumber')).toEqual(lower(said(text, /Serial Number/)));
    expect(all(tree, 'issuerNameHash')).toEqual(lower(said(text, /Issuer Name Hash/)));
    expect(all(tree, 'issuerKeyHash')).toEqual(lower(said(text, /Issuer Key Hash/)));
    expect(all(tree, 'Nonce')).toHaveLength(1);
  });

  it('shows what an OCSP response answers', () => {
    const text = authority.openssl('ocsp -respin response.der -noverify -text');
    const tree = inspectDer(authority.der('response.der'));
    expect(tree.name).toBe('OCSPResponse');
    expect(all(tree, 'responseStatus')).toEqual(['successful']);
    expect(all(tree, 'byName')).toEqual(['CN=Root,O=Test']);
    expect(all(tree, 'producedAt')).toEqual(times(said(text, /Produced At/)));
    expect(all(tree, 'certStatus')).toEqual(said(text, /Cert Status/));
    expect(all(tree, 'certStatus')).toEqual(['revoked', 'revoked', 'good']);
    expect(all(tree, 'revocationReason')).toEqual(['keyCompromise', 'certificateHold']);
    expect(all(tree, 'revocationTime')).toEqual(times(said(text, /Revocation Time/)));
    expect(all(tree, 'thisUpdate')).toEqual(times(said(text, /This Update/)));
    expect(all(tree, 'nextUpdate')).toEqual(times(said(text, /Next Update/)));
    expect(all(tree, 'version')).toEqual(['v1', 'v3']);
  });

  it('shows the extensions of certificates', () => {
    const ee = formatTree(inspectDer(authority.der('ee.crt')));
    for (const line of [
      'dNSName: gw1.example',
      'iPAddress: 192.0.2.1',
      'reasons: keyCompromise, cACompromise',
      'directoryName: CN=CRL Issuer,O=Test',
      'ocsp (1.3.6.1.5.5.7.48.1): uniformResourceIdentifier http://ocsp.example/',
      'policyIdentifier: 1.2.3.4',
      'cps (1.3.6.1.5.5.7.2.1): https://cps.example/',
      'TLS extension: status_request (5)',
    ]) {
      expect(ee).toContain(`  ${line}\n`);
    }
    const sub = formatTree(inspectDer(authority.der('sub.crt')));
    for (const line of [
      'dNSName: example',
      'iPAddress: 10.0.0.0/255.0.0.0',
      'requireExplicitPolicy: 3',
      'inhibitPolicyMapping: 1',
      'SkipCerts: 2',
      'subjectDomainPolicy: 1.2.3.5',
    ]) {
      expect(sub).toContain(`  ${line}\n`);
    }
    expect(ee + sub).not.toContain('notDecoded');
    expect(ee + sub).not.toContain('extnValue');
  });

  it('shows what CMS encrypts for whom, and who signed it', () => {
    const { openssl, der } = authority;
    openssl('cms -encrypt -aes256 -in ca.cnf -binary -outform DER -out enveloped.der ee.crt');
    const text = openssl('cms -cmsout -print -noout -inform DER -in enveloped.der');
    const enveloped = inspectDer(der('enveloped.der'));
    expect(all(enveloped, 'content')).toEqual(['EnvelopedData']);
    expect(all(enveloped, 'serialNumber')).toEqual(['01ab']);
    expect(text).toContain('serialNumber: 427');
    expect(all(enveloped, 'contentEncryptionAlgorithm')).toEqual([
      'aes256CBC (2.16.840.1.101.3.4.1.42)',
    ]);
    openssl(
      'cms -sign -signer ee.crt -inkey ee.key -in ca.cnf -binary -nodetach -outform DER -out signed.der',
    );
    const signed = inspectDer(der('signed.der'));
    expect(all(signed, 'subject')).toEqual(['CN=ee']);
    expect(formatTree(signed)).toContain('    signerInfos\n      SignerInfo\n        version: 1\n');
  });

  it('says of a PKCS #12 file and of PKCS #8 keys only what they are', () => {
    const { openssl, der } = authority;
    openssl('pkcs12 -export -in ee.crt -inkey ee.key -out ee.p12.der -passout pass:x');
    openssl('pkcs8 -topk8 -in ee.key -outform DER -out encrypted.der -passout pass:x');
    openssl('pkcs8 -topk8 -nocrypt -in ee.key -outform DER -out plain.der');
    openssl('ec -in ee.key -outform DER -out ec.der');
    const names = ['ee.p12.der', 'encrypted.der', 'plain.der', 'ec.der'].map((file) =>
      formatTree(inspectDer(der(file))).replace(/\d+/, 'N'),
    );
    expect(names).toEqual(
      ['PFX', 'EncryptedPrivateKeyInfo', 'PrivateKeyInfo', 'ECPrivateKey'].map(
        (name) => `${name}: N octets, not shown\n`,
      ),
    );
  });
});

describe.each(vectorNames)('the message %s', (name) => {
  it('has the times and octets that openssl asn1parse lists', () => {
    writeFileSync(join(directory, 'message.der'), vectorDer(name));
    const text = authority.openssl('asn1parse -inform DER -in message.der');
    const shown = formatTree(inspectDer(vectorDer(name)));
    const moments = [...text.matchAll(/(?:GENERALIZEDTIME|UTCTIME) +:(\d+)Z/g)];
    const wanted = moments.map(([, digits = '']) =>
      digits.padStart(14, '20').replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'),
    );
    expect(shown.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g) ?? []).toEqual(wanted);
    const octets = [...text.matchAll(/OCTET STRING +\[HEX DUMP\]:([0-9A-F]{32})$/gm)];
    expect(octets.length).toBeGreaterThanOrEqual(2);
    for (const [, hex = ''] of octets) expect(shown).toContain(hex.toLowerCase());
  });
});

describe('OCSP of OpenSSL', () => {
  it('is written back octet for octet', () => {
    const request = authority.der('request.der');
    expect(toDer(OCSPRequest, decodeOcspRequest(request))).toEqual(request);
    const response = authority.der('response.der');
    const decoded = decodeOcspResponse(response);
    expect(toDer(OCSPResponse, decoded)).toEqual(response);
    const basic = decoded.responseBytes?.response ?? new Uint8Array();
    expect(toDer(BasicOCSPResponse, fromDer(BasicOCSPResponse, basic))).toEqual(basic);
  });
});
