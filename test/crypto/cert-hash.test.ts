import {
  constants,
  createHash,
  generateKeyPairSync,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { certHash } from '../../src/crypto/cert-hash.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { decodePssParameters, pssAlgorithm } from '../../src/crypto/rsassa-pss.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import {
  Certificate,
  certificateDer,
  decodeCertificate,
  TBSCertificate,
} from '../../src/x509/certificate.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { timeOf } from '../../src/x509/time.ts';

const der = utf8('stands for the DER of a certificate');
const unsupported = expect.objectContaining({ code: 'CMP_ALGORITHM_UNSUPPORTED' });

function hashOf(name: string, data: Uint8Array, options: { outputLength?: number } = {}): string {
  return createHash(name, options).update(data).digest('hex');
}

/** One element in hexadecimal, up to 127 octets long. */
function tlv(tag: string, content: string): string {
  return tag + (content.length / 2).toString(16).padStart(2, '0') + content;
}

const sha224 = '0609608648016503040204';
const md5 = '06082a864886f70d0205';

/** The hash, MGF1 with it, and what follows. */
function pssParameters(hash: string, mask: string, rest = ''): Uint8Array {
  const oid = { sha1: '06052b0e03021a', sha256: '0609608648016503040201' }[hash] ?? hash;
  const maskOid = { sha1: '06052b0e03021a', sha256: '0609608648016503040201' }[mask] ?? mask;
  const hashAlgorithm = tlv('a0', tlv('30', `${oid}0500`));
  const mgf1 = `06092a864886f70d010108${tlv('30', `${maskOid}0500`)}`;
  return fromHex(tlv('30', hashAlgorithm + tlv('a1', tlv('30', mgf1)) + rest));
}

describe('certHash()', () => {
  it.each([
    ['sha1WithRSAEncryption', 'sha1'],
    ['sha224WithRSAEncryption', 'sha224'],
    ['sha256WithRSAEncryption', 'sha256'],
    ['sha512WithRSAEncryption', 'sha512'],
    ['ecdsaWithSHA224', 'sha224'],
    ['ecdsaWithSHA256', 'sha256'],
    ['ecdsaWithSHA384', 'sha384'],
    ['ed25519', 'sha512'],
  ] as const)(
    'hashes a certificate signed with %s with %s, and no hashAlg [C9]',
    (name, digest) => {
      const { hash, hashAlg } = certHash(der, algorithmIdentifier(name));
      expect(toHex(hash)).toBe(hashOf(digest, der));
      expect(hashAlg).toBeUndefined();
    },
  );

  it.each([
    ['ed448', 'shake256', 64],
    ['ecdsaWithShake256', 'shake256', 64],
    ['rsassaPssShake256', 'shake256', 64],
    ['ecdsaWithShake128', 'shake128', 32],
    ['rsassaPssShake128', 'shake128', 32],
  ] as const)(
    'hashes one signed with %s with %s of %d octets [C9]',
    (name, digest, outputLength) => {
      const { hash, hashAlg } = certHash(der, algorithmIdentifier(name));
      expect(hash).toHaveLength(outputLength);
      expect(toHex(hash)).toBe(hashOf(digest, der, { outputLength }));
      expect(hashAlg).toBeUndefined();
    },
  );

  it('takes the hash from the parameters of RSASSA-PSS, SHA-1 when they name none [C9]', () => {
    const sha384 = pssAlgorithm({ digest: 'sha384', saltLength: 48 });
    expect(toHex(certHash(der, sha384).hash)).toBe(hashOf('sha384', der));
    for (const parameters of [undefined, fromHex('3000')]) {
      const algorithm = algorithmIdentifier('rsassaPss', parameters);
      expect(toHex(certHash(der, algorithm).hash)).toBe(hashOf('sha1', der));
    }
  });

  it('goes by the hash in the parameters even where such a signature is never accepted', () => {
    for (const parameters of [
      pssParameters(sha224, sha224),
      pssParameters(sha224, 'sha256'),
      pssParameters(sha224, sha224, 'a2030201ff'),
    ]) {
      const algorithm = algorithmIdentifier('rsassaPss', parameters);
      const { hash, hashAlg } = certHash(der, algorithm);
      expect([toHex(hash), hashAlg]).toEqual([hashOf('sha224', der), undefined]);
      expect(() => decodePssParameters(parameters)).toThrow(unsupported);
    }
  });

  it.each([
    ['a hash nobody here knows', pssParameters(md5, md5)],
    ['octets that do not decode', fromHex('3003020105')],
    ['another type', fromHex('0500')],
  ])('falls back to SHA-256 when the parameters of RSASSA-PSS are %s', (_, parameters) => {
    const { hash, hashAlg } = certHash(der, algorithmIdentifier('rsassaPss', parameters));
    expect([toHex(hash), hashAlg]).toEqual([hashOf('sha256', der), { algorithm: oids.sha256 }]);
  });

  it('falls back to SHA-256 and says so in hashAlg when the signature names no hash we know [C9]', () => {
    const { hash, hashAlg } = certHash(der, { algorithm: '2.16.840.1.101.3.4.3.17' });
    expect(toHex(hash)).toBe(hashOf('sha256', der));
    expect(hashAlg).toEqual({ algorithm: oids.sha256 });
  });
});

describe('decodePssParameters()', () => {
  it('reads what pssAlgorithm() writes, with the defaults left out', () => {
    for (const digest of ['sha1', 'sha256', 'sha512'] as const) {
      for (const saltLength of [0, 20, 64]) {
        const written = pssAlgorithm({ digest, saltLength });
        expect(decodePssParameters(written.parameters ?? der)).toEqual({ digest, saltLength });
      }
    }
    const { parameters: allDefaults } = pssAlgorithm({ digest: 'sha1', saltLength: 20 });
    expect(toHex(allDefaults ?? der)).toBe('3000');
  });

  it('takes a salt of 20 octets and trailer 1 when they are absent, and refuses them written out', () => {
    expect(decodePssParameters(pssParameters('sha256', 'sha256'))).toEqual({
      digest: 'sha256',
      saltLength: 20,
    });
    const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
    for (const rest of ['a203020114', 'a303020101', 'a403020101', '0500']) {
      expect(() => decodePssParameters(pssParameters('sha256', 'sha256', rest))).toThrow(malformed);
    }
  });

  it('refuses another hash for the mask than for the message, and hashes that are not on the list', () => {
    expect(() => decodePssParameters(pssParameters('sha256', 'sha1'))).toThrow(unsupported);
    expect(() => decodePssParameters(pssParameters(md5, md5))).toThrow(unsupported);
  });

  it('refuses a negative or huge salt and another trailer', () => {
    for (const rest of ['a2030201ff', 'a2030201fe', 'a20402020401', 'a303020102']) {
      expect(() => decodePssParameters(pssParameters('sha256', 'sha256', rest))).toThrow(
        unsupported,
      );
    }
  });
});

describe('a certificate signed with RSASSA-PSS', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = pssAlgorithm({ digest: 'sha384', saltLength: 48 });
  const spki = fromDer(SubjectPublicKeyInfo, publicKey.export({ format: 'der', type: 'spki' }));
  const certificate = decodeCertificate(selfSigned(privateKey));

  function selfSigned(key: KeyObject): Uint8Array {
    const name = parseName('CN=PSS CA');
    const tbsCertificate: TBSCertificate = {
      version: 2,
      serialNumber: 7n,
      signature: algorithm,
      issuer: name,
      validity: {
        notBefore: timeOf(new Date('2026-01-01T00:00:00Z')),
        notAfter: timeOf(new Date('2036-01-01T00:00:00Z')),
      },
      subject: name,
      subjectPublicKeyInfo: spki,
    };
    const signature = sign('sha384', toDer(TBSCertificate, tbsCertificate), {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 48,
    });
    return toDer(Certificate, { tbsCertificate, signatureAlgorithm: algorithm, signature });
  }

  it('is understood by node:crypto, verified by us, and hashed with the hash of its parameters', () => {
    const received = certificateDer(certificate);
    expect(new X509Certificate(received).verify(publicKey)).toBe(true);
    const isVerified = verifySignature({
      spki: certificate.tbsCertificate.subjectPublicKeyInfo,
      algorithm: certificate.signatureAlgorithm,
      data: toDer(TBSCertificate, certificate.tbsCertificate),
      signature: certificate.signature,
      policy: modernOnly,
    });
    expect(isVerified).toBe(true);
    const { hash } = certHash(received, certificate.signatureAlgorithm);
    expect(toHex(hash)).toBe(hashOf('sha384', received));
  });
});
