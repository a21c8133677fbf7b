import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { fromDer, toDer, type Codec } from '../../../src/asn1/codec.ts';
import { CertConfirmContent } from '../../../src/cmp/message/cert-confirm.ts';
import { CertId } from '../../../src/cmp/message/cert-id.ts';
import { CertResponse } from '../../../src/cmp/message/cert-rep-message.ts';
import { CertTemplate } from '../../../src/cmp/message/cert-template.ts';
import {
  hasImplicitConfirm,
  implicitConfirm,
  InfoTypeAndValue,
} from '../../../src/cmp/message/info-type-and-value.ts';
import { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import { PKIHeader } from '../../../src/cmp/message/pki-header.ts';
import { PKIFailureInfo, PKIStatusInfo } from '../../../src/cmp/message/pki-status-info.ts';
import { PollReqContent } from '../../../src/cmp/message/polling.ts';
import { ProofOfPossession } from '../../../src/cmp/message/proof-of-possession.ts';
import { RevRepContent } from '../../../src/cmp/message/revocation-content.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { GeneralName } from '../../../src/x509/general-name.ts';
import { nullDn } from '../../../src/x509/name.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { timeOf } from '../../../src/x509/time.ts';

interface Row {
  readonly name: string;
  readonly hex: string;
  readonly value: unknown;
  encoded(): string;
  decoded(): unknown;
}

function row<T>(name: string, codec: Codec<T>, value: T, octets: string): Row {
  const hex = octets.replaceAll(' ', '');
  return {
    name,
    hex,
    value,
    encoded: () => toHex(toDer(codec, value)),
    decoded: () => structuredClone(fromDer(codec, fromHex(hex))),
  };
}

const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
const ed25519 = algorithmIdentifier('ed25519');
const publicKey = { algorithm: ed25519, subjectPublicKey: fromHex('aabb') };
const bits = { octets: fromHex('aa'), unusedBits: 1 };
const nullDnName = { type: 'directoryName', value: nullDn } as const;

/** EXPLICIT: the whole inner element stays, in a constructed wrapper (RFC 9810 appendix F). */
const cmpModule = [
  row('a NULL-DN sender', GeneralName, nullDnName, 'a4 02 30 00'),
  row('pkiconf', PKIBody, { type: 'pkiconf', value: null }, 'b3 02 05 00'),
  row('pollReq for a whole response', PollReqContent, [{ certReqId: -1 }], '30 05 30 03 02 01 ff'),
  row(
    'an answer to a p10cr',
    CertResponse,
    { certReqId: -1, status: { status: 'accepted' } },
    '30 08 02 01 ff 30 03 02 01 00',
  ),
  row(
    'hashAlg of a CertStatus',
    CertConfirmContent,
    [{ certHash: fromHex('aa'), certReqId: 0, hashAlg: ed25519 }],
    '30 11 30 0f 04 01 aa 02 01 00 a0 07 30 05 06 03 2b 65 70',
  ),
  row(
    'an encrypted certificate, its key and publicationInfo',
    CertResponse,
    {
      certReqId: 0,
      status: { status: 'accepted' },
      certifiedKeyPair: {
        certOrEncCert: { type: 'encryptedCert', value: fromHex('0500') },
        privateKey: fromHex('0500'),
        publicationInfo: fromHex('0500'),
      },
    },
    '30 16 02 01 00 30 03 02 01 00 30 0c a1 02 05 00 a0 02 05 00 a1 02 05 00',
  ),
  row(
    'the parts of a RevRepContent',
    RevRepContent,
    {
      status: [{ status: 'accepted' }],
      revCerts: [{ issuer: nullDnName, serialNumber: 5n }],
      crls: [fromHex('0500')],
    },
    '30 1a 30 05 30 03 02 01 00 a0 0b 30 09 30 07 a4 02 30 00 02 01 05 a1 04 30 02 05 00',
  ),
  row(
    'the fields of a PKIHeader',
    PKIHeader,
    {
      pvno: 2,
      sender: nullDnName,
      recipient: nullDnName,
      messageTime: new Date('2027-01-01T00:00:00Z'),
      protectionAlg: ed25519,
      senderKID: fromHex('02'),
      recipKID: fromHex('03'),
      transactionID: fromHex('04'),
      senderNonce: fromHex('05'),
      recipNonce: fromHex('06'),
      freeText: ['7'],
      generalInfo: [{ infoType: '1.2.8' }],
    },
    '30 51 02 01 02 a4 02 30 00 a4 02 30 00 a0 11 18 0f 32303237303130313030303030305a' +
      'a1 07 30 05 06 03 2b 65 70 a2 03 04 01 02 a3 03 04 01 03 a4 03 04 01 04' +
      'a5 03 04 01 05 a6 03 04 01 06 a7 05 30 03 0c 01 37 a8 08 30 06 30 04 06 02 2a 08',
  ),
  row(
    'implicitConfirm',
    InfoTypeAndValue,
    implicitConfirm,
    '30 0c 06 08 2b 06 01 05 05 07 04 0d 05 00',
  ),
];

/** IMPLICIT: the tag replaces the inner one, except around a CHOICE (RFC 4211 appendix B). */
const crmfModule = [
  row('raVerified', ProofOfPossession, { type: 'raVerified', value: null }, '80 00'),
  row(
    'encrCert, where POPOPrivKey is a CHOICE',
    ProofOfPossession,
    { type: 'keyEncipherment', value: { type: 'subsequentMessage', value: 0 } },
    'a2 03 81 01 00',
  ),
  row(
    'thisMessage',
    ProofOfPossession,
    { type: 'keyEncipherment', value: { type: 'thisMessage', value: bits } },
    'a2 04 80 02 01 aa',
  ),
  row(
    'dhMAC',
    ProofOfPossession,
    { type: 'keyAgreement', value: { type: 'dhMAC', value: bits } },
    'a3 04 82 02 01 aa',
  ),
  row(
    'agreeMAC, without the SEQUENCE of PKMACValue',
    ProofOfPossession,
    {
      type: 'keyAgreement',
      value: { type: 'agreeMAC', value: { algId: ed25519, value: fromHex('aa') } },
    },
    'a3 0d a3 0b 30 05 06 03 2b 65 70 03 02 00 aa',
  ),
  row(
    'encryptedKey',
    ProofOfPossession,
    { type: 'keyEncipherment', value: { type: 'encryptedKey', value: fromHex('a4020500') } },
    'a2 04 a4 02 05 00',
  ),
  row(
    'signingAlg and the unique identifiers',
    CertTemplate,
    { signingAlg: ed25519, issuerUID: bits, subjectUID: bits },
    '30 0f a2 05 06 03 2b 65 70 87 02 01 aa 88 02 01 aa',
  ),
  row(
    'publicKey, without the SEQUENCE of SubjectPublicKeyInfo',
    CertTemplate,
    { publicKey },
    '30 0e a6 0c 30 05 06 03 2b 65 70 03 03 00 aa bb',
  ),
  row(
    'version and serialNumber, as primitives',
    CertTemplate,
    { version: 2, serialNumber: 0x80n },
    '30 07 80 01 02 81 02 00 80',
  ),
  row(
    'issuer and subject, where Name is a CHOICE',
    CertTemplate,
    { issuer: nullDn, subject: nullDn },
    '30 08 a3 02 30 00 a5 02 30 00',
  ),
  row(
    'validity, where Time is a CHOICE',
    CertTemplate,
    {
      validity: {
        notBefore: timeOf(new Date('2027-01-01T00:00:00Z')),
        notAfter: timeOf(new Date('2050-01-01T00:00:00Z')),
      },
    },
    '30 26 a4 24' +
      'a0 0f 17 0d 3237303130313030303030305a' +
      'a1 11 18 0f 32303530303130313030303030305a',
  ),
  row(
    'extensions, without their SEQUENCE OF',
    CertTemplate,
    { extensions: [{ extnID: '2.5.29.15', critical: false, extnValue: fromHex('0500') }] },
    '30 0d a9 0b 30 09 06 03 55 1d 0f 04 02 05 00',
  ),
  row(
    'poposkInput, without its SEQUENCE, and its sender, where GeneralName is a CHOICE',
    ProofOfPossession,
    {
      type: 'signature',
      value: {
        poposkInput: { authInfo: { type: 'sender', value: nullDnName }, publicKey },
        algorithmIdentifier: ed25519,
        signature: fromHex('cc'),
      },
    },
    'a1 21 a0 14 a0 04 a4 02 30 00 30 0c 30 05 06 03 2b 65 70 03 03 00 aa bb' +
      '30 05 06 03 2b 65 70 03 02 00 cc',
  ),
  row(
    'the issuer of an oldCertID, a GeneralName',
    CertId,
    { issuer: { type: 'directoryName', value: parseName('CN=CA') }, serialNumber: 5n },
    '30 14 a4 0f 30 0d 31 0b 30 09 06 03 55 04 03 0c 02 43 41 02 01 05',
  ),
];

const failInfo = [
  row('badAlg', PKIFailureInfo, ['badAlg'], '03 02 07 80'),
  row('badRequest', PKIFailureInfo, ['badRequest'], '03 02 05 20'),
  row('incorrectData', PKIFailureInfo, ['incorrectData'], '03 02 00 01'),
  row('missingTimeStamp', PKIFailureInfo, ['missingTimeStamp'], '03 03 07 00 80'),
  row('badPOP', PKIFailureInfo, ['badPOP'], '03 03 06 00 40'),
  row('certConfirmed', PKIFailureInfo, ['certConfirmed'], '03 03 04 00 10'),
  row('duplicateCertReq', PKIFailureInfo, ['duplicateCertReq'], '03 05 05 00 00 00 20'),
  row('two bits', PKIFailureInfo, ['badAlg', 'duplicateCertReq'], '03 05 05 80 00 00 20'),
  row('no bit', PKIFailureInfo, [], '03 01 00'),
  row('bits without a name', PKIFailureInfo, ['badPOP', 'bit27', 'bit30'], '03 05 01 00 40 00 12'),
];

const statuses = (
  [
    'accepted',
    'grantedWithMods',
    'rejection',
    'waiting',
    'revocationWarning',
    'revocationNotification',
    'keyUpdateWarning',
  ] as const
).map((status, number) =>
  row(`status ${status}`, PKIStatusInfo, { status }, `30 03 02 01 0${number}`),
);

describe.each([
  ['the CMP module', cmpModule],
  ['the CRMF module', crmfModule],
  ['PKIFailureInfo', failInfo],
  ['PKIStatus', statuses],
])('%s', (_, rows) => {
  it.each(rows)('writes and reads $name as $hex', ({ hex, value, encoded, decoded }) => {
    expect(encoded()).toBe(hex);
    expect(decoded()).toEqual(value);
  });
});

describe('PKIStatusInfo', () => {
  it.each(['3003020107', '30030201ff'])('refuses the undefined status in %s', (hex) => {
    expect(() => fromDer(PKIStatusInfo, fromHex(hex))).toThrow(malformed);
  });

  it.each(['03020020', '0303052000', '03020521'])(
    'refuses the failInfo %s, which DER writes otherwise',
    (hex) => {
      expect(() => fromDer(PKIFailureInfo, fromHex(hex))).toThrow(malformed);
    },
  );
});

describe('hasImplicitConfirm()', () => {
  it('finds the item among others', () => {
    expect(hasImplicitConfirm([{ infoType: '1.2.3' }, implicitConfirm])).toBe(true);
    expect(hasImplicitConfirm([{ infoType: '1.2.3' }])).toBe(false);
    expect(hasImplicitConfirm(undefined)).toBe(false);
  });
});
