import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/base/bytes.ts';
import { fromDer, toDer } from '../../../src/asn1/codec.ts';
import { oids } from '../../../src/asn1/oids.ts';
import {
  decodeMessage,
  PKIBody,
  PKIMessage,
  type BodyType,
} from '../../../src/cmp/message/pki-message.ts';
import type { CertTemplate } from '../../../src/cmp/message/cert-template.ts';
import type { ProofOfPossession } from '../../../src/cmp/message/proof-of-possession.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { extension } from '../../../src/x509/extension-values.ts';
import type { GeneralName } from '../../../src/x509/general-name.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { nullDn } from '../../../src/x509/name.ts';
import type { SubjectPublicKeyInfo } from '../../../src/x509/subject-public-key-info.ts';
import { timeOf } from '../../../src/x509/time.ts';
import { vectorCertificate, vectorMessage } from '../vectors.ts';

const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
const exceeded = expect.objectContaining({ code: 'LIMIT_EXCEEDED' });

const octets = fromHex('0102030405060708');
const raw = fromHex('3003020105');
const publicKey: SubjectPublicKeyInfo = {
  algorithm: algorithmIdentifier('ecPublicKey', fromHex('06082a8648ce3d030107')),
  subjectPublicKey: octets,
};
const everyGeneralName: readonly GeneralName[] = [
  { type: 'otherName', value: { typeId: '1.2.3', value: raw } },
  { type: 'rfc822Name', value: 'a@example' },
  { type: 'dNSName', value: 'gw1.example' },
  { type: 'x400Address', value: fromHex('a303020105') },
  { type: 'directoryName', value: parseName('CN=gw1') },
  { type: 'ediPartyName', value: fromHex('a503020105') },
  { type: 'uniformResourceIdentifier', value: 'https://example/' },
  { type: 'iPAddress', value: fromHex('c0000201') },
  { type: 'registeredID', value: '1.2.3' },
];
const [, , dnsName = { type: 'dNSName', value: 'gw1.example' } as const] = everyGeneralName;

/** With every field there is. */
const fullTemplate: CertTemplate = {
  version: 2,
  serialNumber: 2n ** 100n,
  signingAlg: algorithmIdentifier('sha256WithRSAEncryption', 'NULL'),
  issuer: parseName('CN=CA'),
  validity: {
    notBefore: timeOf(new Date('2027-01-01T00:00:00Z')),
    notAfter: timeOf(new Date('2055-01-01T00:00:00Z')),
  },
  subject: parseName('CN=gw1,O=Test'),
  publicKey,
  issuerUID: { octets, unusedBits: 3 },
  subjectUID: { octets, unusedBits: 0 },
  extensions: [extension('subjectAltName', everyGeneralName, true)],
};

const algId = algorithmIdentifier('passwordBasedMac', raw);
const signed = { algorithmIdentifier: algorithmIdentifier('ecdsaWithSHA256'), signature: octets };
const bits = { octets, unusedBits: 3 };
const popos: readonly ProofOfPossession[] = [
  { type: 'raVerified', value: null },
  { type: 'signature', value: signed },
  {
    type: 'signature',
    value: {
      ...signed,
      poposkInput: { authInfo: { type: 'sender', value: dnsName }, publicKey },
    },
  },
  {
    type: 'signature',
    value: {
      ...signed,
      poposkInput: {
        authInfo: { type: 'publicKeyMAC', value: { algId, value: octets } },
        publicKey,
      },
    },
  },
  { type: 'keyEncipherment', value: { type: 'thisMessage', value: bits } },
  { type: 'keyEncipherment', value: { type: 'subsequentMessage', value: 0 } },
  { type: 'keyEncipherment', value: { type: 'encryptedKey', value: fromHex('a403020105') } },
  { type: 'keyAgreement', value: { type: 'dhMAC', value: bits } },
  { type: 'keyAgreement', value: { type: 'agreeMAC', value: { algId, value: octets } } },
];

const certificate = vectorCertificate('ee');
const attribute = { type: oids.regToken, value: fromHex('0c0161') };
const requests = [
  { certReq: { certReqId: 0, certTemplate: {} } },
  {
    certReq: { certReqId: -1, certTemplate: fullTemplate, controls: [attribute] },
    regInfo: [attribute],
  },
  ...popos.map((popo, i) => ({ certReq: { certReqId: i, certTemplate: fullTemplate }, popo })),
];
const statusInfo = {
  status: 'rejection',
  statusString: ['no', 'nein, "für" heute'],
  failInfo: ['badAlg', 'badPOP', 'duplicateCertReq'],
} as const;
const certRep = {
  caPubs: [certificate],
  response: [
    {
      certReqId: 0,
      status: { status: 'accepted' },
      certifiedKeyPair: {
        certOrEncCert: { type: 'certificate', value: certificate },
        privateKey: raw,
        publicationInfo: raw,
      },
      rspInfo: octets,
    },
    {
      certReqId: 1,
      status: { status: 'grantedWithMods' },
      certifiedKeyPair: { certOrEncCert: { type: 'encryptedCert', value: raw } },
    },
    { certReqId: -1, status: statusInfo },
  ],
} as const;
const infos = [{ infoType: oids.caCerts }, { infoType: oids.certProfile, infoValue: raw }];

/** At least one value of every choice of PKIBody, in the order of RFC 9810 section 5.1.2. */
const bodies: { readonly [K in BodyType]: readonly Extract<PKIBody, { type: K }>['value'][] } = {
  ir: [requests],
  ip: [certRep, { response: [] }],
  cr: [requests],
  cp: [certRep],
  p10cr: [
    {
      certificationRequestInfo: {
        version: 0,
        subject: parseName('CN=gw1'),
        subjectPKInfo: publicKey,
        attributes: [{ type: oids.extensionRequest, values: [raw] }],
      },
      signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
      signature: octets,
    },
    {
      certificationRequestInfo: {
        version: 0,
        subject: nullDn,
        subjectPKInfo: publicKey,
        attributes: [],
      },
      signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
      signature: octets,
    },
  ],
  popdecc: [raw],
  popdecr: [raw],
  kur: [requests],
  kup: [certRep],
  krr: [requests],
  krp: [raw],
  rr: [
    [
      { certDetails: fullTemplate, crlEntryDetails: [extension('keyUsage', [])] },
      { certDetails: {} },
    ],
    [],
  ],
  rp: [
    {
      status: [statusInfo, { status: 'keyUpdateWarning' }],
      revCerts: [{ issuer: dnsName, serialNumber: -1n }],
      crls: [raw],
    },
  ],
  ccr: [requests],
  ccp: [certRep],
  ckuann: [raw],
  cann: [raw],
  rann: [raw],
  crlann: [raw],
  pkiconf: [null],
  nested: [[vectorMessage('ir-pbm.req1'), vectorMessage('genm-sig-ec.rsp1')]],
  genm: [infos, []],
  genp: [infos],
  error: [
    { pKIStatusInfo: statusInfo, errorCode: -5, errorDetails: ['why'] },
    { pKIStatusInfo: { status: 'waiting' } },
  ],
  certConf: [
    [
      { certHash: octets, certReqId: 0 },
      {
        certHash: octets,
        certReqId: -1,
        statusInfo,
        hashAlg: algorithmIdentifier('sha256', 'NULL'),
      },
    ],
    [],
  ],
  pollReq: [[{ certReqId: -1 }, { certReqId: 0 }], []],
  pollRep: [[{ certReqId: 0, checkAfter: 2 ** 40, reason: ['wait'] }], []],
};

const cases = Object.keys(bodies).flatMap((type, tag) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `bodies` are the body types
  const values = bodies[type as BodyType];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value stands in the row of its type
  return values.map((value) => ({ type, tag, body: { type, value } as PKIBody }));
});

describe('PKIBody', () => {
  it('has 27 choices', () => {
    expect(Object.keys(bodies)).toHaveLength(27);
  });

  it.each(cases)('round trips $type under the explicit tag [$tag]', ({ tag, body }) => {
    const der = toDer(PKIBody, body);
    expect(der[0]).toBe(0xa0 + tag);
    const decoded = fromDer(PKIBody, der);
    expect(structuredClone(decoded)).toEqual(structuredClone(body));
    expect(toHex(toDer(PKIBody, structuredClone(decoded)))).toBe(toHex(der));
  });

  it.each([...Array.from({ length: 5 }, (_, i) => 0xbb + i), 0x80, 0x93, 0x30, 0x60, 0xbf])(
    'has no choice with tag %d',
    (tag) => {
      expect(() => fromDer(PKIBody, Uint8Array.of(tag, 0x02, 0x05, 0x00))).toThrow(malformed);
    },
  );

  it('refuses a choice that holds two elements, or none', () => {
    for (const hex of ['b30405000500', 'b300', 'a500', 'b904300030ff']) {
      expect(() => fromDer(PKIBody, fromHex(hex)), hex).toThrow(malformed);
    }
  });
});

describe('PKIMessage', () => {
  const { header, body } = vectorMessage('ir-pbm.rsp2');

  it('carries every header field there is', () => {
    const message: PKIMessage = {
      header: {
        ...structuredClone(header),
        sender: dnsName,
        recipKID: octets,
        recipNonce: octets,
        freeText: ['one', 'two'],
        generalInfo: infos,
      },
      body: structuredClone(body),
      extraCerts: [certificate],
    };
    const decoded = decodeMessage(toDer(PKIMessage, message));
    expect(structuredClone(decoded)).toEqual(structuredClone(message));
  });

  it.each(everyGeneralName.map((sender) => [sender.type, sender] as const))(
    'carries a sender that is a %s',
    (_, sender) => {
      const message = { header: { ...structuredClone(header), sender }, body };
      const decoded = decodeMessage(toDer(PKIMessage, message));
      expect(structuredClone(decoded.header.sender)).toEqual(structuredClone(sender));
    },
  );

  it('bounds how deep messages nest in messages', () => {
    let der = toDer(PKIMessage, { header, body });
    const nest = (inner: Uint8Array): Uint8Array =>
      toDer(PKIMessage, { header, body: { type: 'nested', value: [decodeMessage(inner)] } });
    for (let levels = 0; levels < 4; levels++) der = nest(der);
    expect(decodeMessage(der).body.type).toBe('nested');
    for (let levels = 4; levels < 20; levels++) {
      const deeper = toDer(PKIMessage, {
        header,
        body: { type: 'nested', value: [{ header, body: { type: 'popdecc', value: der } }] },
      });
      der = deeper;
    }
    expect(() => decodeMessage(der)).toThrow(exceeded);
  });

  it('refuses more than 100 extraCerts', () => {
    const many = Array.from({ length: 101 }, () => certificate);
    const der = toDer(PKIMessage, { header, body, extraCerts: many });
    expect(() => decodeMessage(der)).toThrow(malformed);
  });

  it('refuses an empty extraCerts, freeText or generalInfo, which RFC 9810 gives one element or more', () => {
    for (const message of [
      { header, body, extraCerts: [] },
      { header: { ...header, freeText: [] }, body },
      { header: { ...header, generalInfo: [] }, body },
    ]) {
      expect(() => decodeMessage(toDer(PKIMessage, message))).toThrow(malformed);
    }
  });

  it('refuses header fields out of order, or twice', () => {
    const fields = [
      '020102', // pvno
      'a4023000', // sender
      'a4023000', // recipient
    ];
    const id = 'a404040200aa';
    const nonce = 'a504040200bb';
    const decode = (...rest: string[]) => {
      const content = [...fields, ...rest].join('');
      const headerHex = `30${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
      const messageHex = `${headerHex}b3020500`;
      const length = (messageHex.length / 2).toString(16).padStart(2, '0');
      return decodeMessage(fromHex(`30${length}${messageHex}`));
    };
    expect(decode(id, nonce).header.transactionID).toEqual(fromHex('00aa'));
    for (const wrong of [
      [nonce, id],
      [id, id],
      [id, 'a904040200bb'],
    ]) {
      expect(() => decode(...wrong)).toThrow(malformed);
    }
  });

  it('keeps text in UTF-8 and nothing else', () => {
    const message = { header: { ...structuredClone(header), freeText: ['Zürich 证书'] }, body };
    const der = toDer(PKIMessage, message);
    expect(Buffer.from(der).includes(Buffer.from(utf8('Zürich 证书')))).toBe(true);
    expect(structuredClone(decodeMessage(der).header.freeText)).toEqual(['Zürich 证书']);
  });
});
