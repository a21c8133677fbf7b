import { createHash, createHmac, createPublicKey, verify, X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import { describe, expect, it } from 'vitest';
import { asBuffer, bytesEqual, toHex } from '../../../src/base/bytes.ts';
import { rawOf, toDer } from '../../../src/asn1/codec.ts';
import { oids } from '../../../src/asn1/oids.ts';
import type { PKIMessage } from '../../../src/cmp/message/pki-message.ts';
import { computePbm, isPbm, pbmParameterOf } from '../../../src/cmp/protection/pbm.ts';
import { assembleMessage } from '../../../src/cmp/protection/protect.ts';
import { receivedProtectedPart } from '../../../src/cmp/protection/protected-part.ts';
import { verifyResponse, type Expected } from '../../../src/cmp/protection/verify.ts';
import { certHash } from '../../../src/crypto/cert-hash.ts';
import { modernOnly } from '../../../src/crypto/policy.ts';
import { verifySignature } from '../../../src/crypto/signature.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { certificateDer, type Certificate } from '../../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../../src/x509/subject-public-key-info.ts';
import {
  vectorCertificate,
  vectorDer,
  vectorMessage,
  vectorNames,
  vectorSecret,
  vectorTime,
} from '../vectors.ts';

const none = new Uint8Array();
const messages = vectorNames.map((name) => ({ name, message: vectorMessage(name) }));
const isMac = ({ header }: PKIMessage): boolean =>
  header.protectionAlg !== undefined && isPbm(header.protectionAlg);
const macMessages = messages.filter(({ message }) => isMac(message));
const signedMessages = messages.filter(({ message }) => !isMac(message));

/** SEQUENCE { header, body } cut out and put together by asn1js. */
function peerProtectedPart(name: string): Buffer {
  const { result } = asn1js.fromBER(vectorDer(name));
  const parts = result instanceof asn1js.Sequence ? result.valueBlock.value : [];
  return Buffer.from(new asn1js.Sequence({ value: parts.slice(0, 2) }).toBER());
}

const hashOfOid: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '1.3.6.1.5.5.8.1.2': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
};

/** PasswordBasedMac as RFC 9810 section 5.1.3.1 has it, with node:crypto and asn1js alone. */
function peerPbm(name: string, message: PKIMessage): Buffer {
  const parameters = Uint8Array.from(message.header.protectionAlg?.parameters ?? none);
  const { result } = asn1js.fromBER(parameters);
  const [salt, owf, count, mac] = result instanceof asn1js.Sequence ? result.valueBlock.value : [];
  if (!(salt instanceof asn1js.OctetString) || !(count instanceof asn1js.Integer)) {
    throw new Error('asn1js reads no PBMParameter');
  }
  let key = Buffer.concat([vectorSecret, Buffer.from(salt.getValue())]);
  for (let i = 0; i < Number(count.toBigInt()); i++) {
    key = createHash(hashNamed(owf)).update(key).digest();
  }
  return createHmac(hashNamed(mac), key).update(peerProtectedPart(name)).digest();
}

function hashNamed(algorithm: asn1js.BaseBlock | undefined): string {
  const [oid] = algorithm instanceof asn1js.Sequence ? algorithm.valueBlock.value : [];
  return (oid instanceof asn1js.ObjectIdentifier && hashOfOid[oid.getValue()]) || 'unknown';
}

/** The certificate a vector was signed with: OpenSSL puts it first. */
function signerOf({ extraCerts }: PKIMessage): Certificate {
  const [first] = extraCerts ?? [];
  if (!first) throw new Error('no extraCerts');
  return first;
}

describe('protectedPart() of the vectors', () => {
  it.each(messages)('cuts out of $name what asn1js cuts out [P1]', ({ name, message }) => {
    expect(toHex(receivedProtectedPart(message))).toBe(toHex(peerProtectedPart(name)));
  });
});

describe('assembleMessage()', () => {
  it.each(messages)('puts $name together from its parts', ({ name, message }) => {
    const { header, body, protection, extraCerts = [] } = message;
    const der = assembleMessage({
      headerDer: rawOf(header),
      bodyDer: rawOf(body),
      ...(protection && { protection }),
      extraCerts: extraCerts.map(certificateDer),
    });
    expect(toHex(der)).toBe(toHex(vectorDer(name)));
  });
});

describe('PasswordBasedMac', () => {
  it('protects 24 of the vectors, signatures the others', () => {
    expect(macMessages.length + signedMessages.length).toBe(58);
    expect(macMessages).toHaveLength(24);
  });

  it.each(macMessages)(
    'of $name comes out the same, here and with node:crypto [P1][P2]',
    (vector) => {
      const { name, message } = vector;
      const { header, protection = none } = message;
      const parameter = pbmParameterOf(header.protectionAlg ?? algorithmIdentifier('sha256'));
      const part = receivedProtectedPart(message);
      const mac = computePbm(parameter, vectorSecret, part, modernOnly);
      expect(toHex(mac)).toBe(toHex(protection));
      expect(toHex(peerPbm(name, message))).toBe(toHex(protection));
    },
  );
});

describe('signatures', () => {
  it.each(signedMessages)('over $name verify, here and with node:crypto', ({ name, message }) => {
    const { header, protection = none } = message;
    const signer = signerOf(message);
    const data = receivedProtectedPart(message);
    const algorithm = header.protectionAlg ?? algorithmIdentifier('sha256');
    const spki = signer.tbsCertificate.subjectPublicKeyInfo;
    const check = (octets: Uint8Array) =>
      verifySignature({ spki, algorithm, data: octets, signature: protection, policy: modernOnly });
    expect(check(data)).toBe(true);
    expect(check(data.toReversed())).toBe(false);
    const { publicKey } = new X509Certificate(certificateDer(signer));
    expect(verify('sha256', peerProtectedPart(name), publicKey, protection)).toBe(true);
  });
});

describe('proofs of possession', () => {
  const requests = messages.flatMap(({ name, message: { body } }) => {
    if (body.type !== 'ir' && body.type !== 'cr' && body.type !== 'kur') return [];
    return body.value.map(({ certReq, popo }) => ({ name, certReq, popo }));
  });

  it('are in 13 requests', () => {
    expect(requests).toHaveLength(13);
  });

  it.each(requests)('of $name are over the DER of certReq [B8]', ({ certReq, popo }) => {
    const { publicKey } = certReq.certTemplate;
    if (popo?.type !== 'signature' || !publicKey) throw new Error('no signature or key');
    const { algorithmIdentifier: algorithm, signature } = popo.value;
    const data = rawOf(certReq);
    expect(
      verifySignature({ spki: publicKey, algorithm, data, signature, policy: modernOnly }),
    ).toBe(true);
    const spki = asBuffer(toDer(SubjectPublicKeyInfo, structuredClone(publicKey)));
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const digest = algorithm.algorithm === oids.ecdsaWithSHA512 ? 'sha512' : 'sha256';
    expect(verify(digest, data, key, signature)).toBe(true);
    expect(verify(digest, rawOf(certReq.certTemplate), key, signature)).toBe(false);
  });

  it('of the p10cr is the signature of the PKCS #10', () => {
    const { body } = vectorMessage('p10cr-sig-ec.req1');
    if (body.type !== 'p10cr') throw new Error(body.type);
    const { certificationRequestInfo, signatureAlgorithm: algorithm, signature } = body.value;
    const spki = certificationRequestInfo.subjectPKInfo;
    const data = rawOf(certificationRequestInfo);
    expect(verifySignature({ spki, algorithm, data, signature, policy: modernOnly })).toBe(true);
    const key = createPublicKey({ key: asBuffer(rawOf(spki)), format: 'der', type: 'spki' });
    expect(verify('sha256', data, key, signature)).toBe(true);
  });
});

describe('certHash', () => {
  const confirmed = messages.flatMap(({ name, message: { body } }) =>
    body.type === 'certConf' ? body.value.map((status) => ({ name, status })) : [],
  );

  it('is in 10 certConf messages', () => {
    expect(confirmed).toHaveLength(10);
  });

  it.each(confirmed)('of $name is that of the certificate just issued [C9]', ({ name, status }) => {
    const certificate = issuedIn(name.replace(/req(\d)$/, (_, n: string) => `rsp${Number(n) - 1}`));
    const der = certificateDer(certificate);
    expect(certHash(der, certificate.signatureAlgorithm)).toEqual({ hash: status.certHash });
    expect(createHash('sha256').update(der).digest('hex')).toBe(toHex(status.certHash));
  });
});

function issuedIn(name: string): Certificate {
  const { body } = vectorMessage(name);
  if (body.type !== 'ip' && body.type !== 'cp' && body.type !== 'kup') throw new Error(body.type);
  const pair = body.value.response[0]?.certifiedKeyPair?.certOrEncCert;
  if (pair?.type !== 'certificate') throw new Error('no certificate');
  return pair.value;
}

describe('verifyResponse() of the answers in the vectors', () => {
  const trust = {
    anchors: [vectorCertificate('ca')],
    anchorsAreDedicated: false,
    intermediates: [],
    allowLegacy: false,
  };
  const answers = messages.filter(({ name }) => name.includes('.rsp'));

  function expectedOf(name: string, answer: PKIMessage): Expected {
    const request = vectorMessage(name.replace('.rsp', '.req'));
    const { pvno, transactionID = none, senderNonce = none } = request.header;
    return {
      pvno,
      transactionID,
      senderNonce,
      ...(isMac(request) && { secret: vectorSecret }),
      trust,
      known: [],
      at: answer.header.messageTime ?? vectorTime,
      timeToleranceSeconds: 300,
    };
  }

  it.each(answers)('accepts $name', ({ name, message }) => {
    const { signer } = verifyResponse(message, expectedOf(name, message));
    const srv = certificateDer(vectorCertificate('srv'));
    expect(signer && bytesEqual(certificateDer(signer.certificate), srv)).toBe(
      isMac(message) ? undefined : true,
    );
  });

  it.each(answers)('refuses $name as the answer to another request', ({ name, message }) => {
    const expected = expectedOf(name, message);
    expect(() => verifyResponse(message, { ...expected, transactionID: none })).toThrow(
      expect.objectContaining({ code: 'CMP_TRANSACTION_ID_MISMATCH' }),
    );
    expect(() => verifyResponse(message, { ...expected, senderNonce: none })).toThrow(
      expect.objectContaining({ code: 'CMP_NONCE_MISMATCH' }),
    );
  });
});
