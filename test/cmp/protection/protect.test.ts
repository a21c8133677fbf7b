import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/base/bytes.ts';
import { toDer } from '../../../src/asn1/codec.ts';
import { oids } from '../../../src/asn1/oids.ts';
import { decodeMessage } from '../../../src/cmp/message/pki-message.ts';
import { protect, type HeaderFields } from '../../../src/cmp/protection/protect.ts';
import { verifyResponse } from '../../../src/cmp/protection/verify.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../../src/x509/certificate.ts';
import { extension } from '../../../src/x509/extension-values.ts';
import { GeneralName } from '../../../src/x509/general-name.ts';
import { nullDn, type Name } from '../../../src/x509/name.ts';
import { issue, makeKey, type Issued } from '../../harness/certificates.ts';
import {
  answerNonce,
  expectedSigned,
  expectedUnderMac,
  macOfCa,
  now,
  pkiconf,
  requestNonce,
  signedBy,
  transactionID,
} from '../answers.ts';

const fields: HeaderFields = {
  pvno: 2,
  recipient: { type: 'directoryName', value: nullDn },
  messageTime: now,
  transactionID,
  senderNonce: answerNonce,
  recipNonce: requestNonce,
};
const ski = new Uint8Array(20).fill(7);

/** A name in encodings no one would choose again: it must go out as it stands. */
const oddName: Name = {
  rdns: [
    [{ type: oids.organizationName, value: { type: 'teletexString', value: 'Müller' } }],
    [
      { type: oids.commonName, value: { type: 'bmpString', value: 'gw1' } },
      { type: oids.serialNumber, value: { type: 'printableString', value: 'X 1' } },
    ],
  ],
};

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });

describe('protect() under a MAC', () => {
  it('names the reference as sender and senderKID, and gives the parameters of the credential [H3][H6][H7]', async () => {
    const credential = { ...macOfCa, reference: 'gerät-1' };
    const { header, extraCerts } = decodeMessage(await protect(fields, pkiconf, credential));
    // A directoryName with a commonName in UTF8String: the same octets as senderKID.
    expect(toHex(toDer(GeneralName, header.sender))).toBe(
      `a41530133111300f06035504030c08${toHex(utf8('gerät-1'))}`,
    );
    expect(header.senderKID).toEqual(utf8('gerät-1'));
    expect(header.protectionAlg?.algorithm).toBe(oids.passwordBasedMac);
    expect(structuredClone(header.protectionAlg)).toEqual(macOfCa.protectionAlg);
    expect(extraCerts).toBeUndefined();
  });

  it('makes a message verifyResponse() accepts [P1]', async () => {
    const message = decodeMessage(await protect(fields, pkiconf, macOfCa));
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });

  it('gives the same octets for the same message, with every field in its place', async () => {
    const first = await protect(fields, pkiconf, macOfCa);
    expect(await protect(fields, pkiconf, macOfCa)).toEqual(first);
    const { header } = decodeMessage(first);
    expect(header).toMatchObject({ pvno: 2, messageTime: now });
    expect(header.transactionID).toEqual(transactionID);
    expect(header.senderNonce).toEqual(answerNonce);
    expect(header.recipNonce).toEqual(requestNonce);
  });
});

describe('protect() under a signature', () => {
  const anchors = [root.certificate];

  it('names the subject of the certificate as it stands there, and its key identifier [H2][H8]', async () => {
    const extensions = [extension('subjectKeyIdentifier', ski)];
    const client = issue({ subject: oddName, issuer: root, extensions });
    const message = decodeMessage(await protect(fields, pkiconf, signedBy(client)));
    const { subject } = client.certificate.tbsCertificate;
    expect(toHex(toDer(GeneralName, message.header.sender))).toBe(
      toHex(toDer(GeneralName, { type: 'directoryName', value: subject })),
    );
    expect(message.header.senderKID).toEqual(ski);
  });

  it('leaves senderKID out when the certificate has no key identifier [H8]', async () => {
    const client = issue({ subject: 'CN=client', issuer: root });
    const { header } = decodeMessage(await protect(fields, pkiconf, signedBy(client)));
    expect(header.senderKID).toBeUndefined();
  });

  it('sends its certificate first, then the chain, in their own octets [P8]', async () => {
    const client = issue({ subject: 'CN=client', issuer: sub });
    const message = decodeMessage(await protect(fields, pkiconf, signedBy(client, sub)));
    expect(message.extraCerts?.map((each) => toHex(certificateDer(each)))).toEqual(
      [client, sub].map(({ certificate }) => toHex(certificateDer(certificate))),
    );
  });

  it.each<[string, () => Issued, string]>([
    ['P-256', () => issue({ subject: 'CN=client', issuer: root }), 'ecdsaWithSHA256'],
    [
      'RSA',
      () => issue({ subject: 'CN=client', issuer: root, key: makeKey(2048) }),
      'sha256WithRSAEncryption',
    ],
  ])('signs with %s so that verifyResponse() accepts it [P7]', async (_, make, algorithm) => {
    const message = decodeMessage(await protect(fields, pkiconf, signedBy(make())));
    const wanted = algorithmIdentifier(
      algorithm === 'ecdsaWithSHA256' ? algorithm : 'sha256WithRSAEncryption',
      ...(algorithm === 'ecdsaWithSHA256' ? [] : (['NULL'] as const)),
    );
    expect(structuredClone(message.header.protectionAlg)).toEqual(wanted);
    const expected = expectedSigned({ anchors, anchorsAreDedicated: true });
    expect(verifyResponse(message, expected).message).toBe(message);
  });

  it('waits for a key that answers later, as a token does', async () => {
    const client = issue({ subject: 'CN=client', issuer: root });
    const credential = signedBy(client);
    const slow = {
      ...credential,
      key: {
        ...credential.key,
        sign: async (...asked: Parameters<typeof credential.key.sign>) => {
          await Promise.resolve();
          return credential.key.sign(...asked);
        },
      },
    };
    const message = decodeMessage(await protect(fields, pkiconf, slow));
    const expected = expectedSigned({ anchors, anchorsAreDedicated: true });
    expect(verifyResponse(message, expected).message).toBe(message);
  });
});

describe('protect()', () => {
  it('carries generalInfo and freeText in the protected header', async () => {
    const generalInfo = [{ infoType: oids.certProfile, infoValue: fromHex('30030c0161') }];
    const message = decodeMessage(
      await protect({ ...fields, freeText: ['hi'], generalInfo }, pkiconf, macOfCa),
    );
    expect(structuredClone(message.header.generalInfo)).toEqual(generalInfo);
    expect(structuredClone(message.header.freeText)).toEqual(['hi']);
    expect(verifyResponse(message, expectedUnderMac).message).toBe(message);
  });
});
