import {
  constants,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asBuffer, concatBytes, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { fromDer, implicit, toDer } from '../../src/asn1/codec.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { pssAlgorithm } from '../../src/crypto/rsassa-pss.ts';
import {
  signatureAlgorithmFor,
  verifySignature,
  type SignatureToVerify,
} from '../../src/crypto/signature.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';

const legacy = { allowLegacy: true };
const data = utf8('signed octets');
const unsupported = expect.objectContaining({ code: 'CMP_ALGORITHM_UNSUPPORTED' });

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');

function spkiOf(publicKey: KeyObject): Uint8Array {
  return Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }));
}

function pssSign(privateKey: KeyObject, digest: string, saltLength: number): Uint8Array {
  return sign(digest, data, {
    key: privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength,
  });
}

function ecSignature(): SignatureToVerify {
  return {
    spki: spkiOf(ec.publicKey),
    algorithm: algorithmIdentifier('ecdsaWithSHA256'),
    data,
    signature: sign('sha256', data, ec.privateKey),
    policy: modernOnly,
  };
}

function rsaSignature(): SignatureToVerify {
  return {
    spki: spkiOf(rsa.publicKey),
    algorithm: algorithmIdentifier('sha256WithRSAEncryption', 'NULL'),
    data,
    signature: sign('sha256', data, rsa.privateKey),
    policy: modernOnly,
  };
}

/** RFC 8032 sections 7.1 (test 2) and 7.4 (blank). */
const eddsa = [
  {
    name: 'ed25519',
    pkcs8: '302e020100300506032b657004220420',
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    message: '72',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'ed448',
    pkcs8: '3047020100300506032b6571043b0439',
    secret:
      '6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3' +
      '528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b',
    message: '',
    publicKey:
      '5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778' +
      'edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180',
    signature:
      '533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f' +
      '2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a' +
      '9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db' +
      'b61149f05a7363268c71d95808ff2e652600',
  },
] as const;

describe('verifySignature()', () => {
  it('verifies ECDSA and RSA, by DER or decoded key, from a Buffer or not', () => {
    for (const made of [ecSignature(), rsaSignature()]) {
      expect(verifySignature(made)).toBe(true);
      const der = made.spki instanceof Uint8Array ? made.spki : new Uint8Array(0);
      const spki = fromDer(SubjectPublicKeyInfo, der);
      expect(verifySignature({ ...made, spki })).toBe(true);
      expect(verifySignature({ ...made, spki: { ...spki } })).toBe(true);
      expect(verifySignature({ ...made, data: asBuffer(data) })).toBe(true);
    }
  });

  it('verifies with a key read from a CertTemplate, whose octets have an implicit tag', () => {
    const made = ecSignature();
    const der = made.spki instanceof Uint8Array ? made.spki : new Uint8Array(0);
    const inTemplate = concatBytes(Uint8Array.of(0xa6), der.subarray(1));
    const spki = fromDer(implicit(6, SubjectPublicKeyInfo), inTemplate);
    expect(verifySignature({ ...made, spki })).toBe(true);
  });

  it.each(eddsa)('makes and verifies the $name signature of RFC 8032 [P7]', async (vector) => {
    const key = softwareKeys.load(fromHex(vector.pkcs8 + vector.secret));
    const algorithm = algorithmIdentifier(vector.name);
    const message = fromHex(vector.message);
    expect(toHex(key.spki).endsWith(vector.publicKey)).toBe(true);
    const signature = await key.sign(message, algorithm);
    expect(toHex(signature)).toBe(vector.signature);
    const made = { spki: key.spki, algorithm, data: message, signature, policy: modernOnly };
    expect(verifySignature(made)).toBe(true);
    expect(verifySignature({ ...made, data: utf8('other') })).toBe(false);
    expect(verifySignature({ ...made, signature: signature.subarray(1) })).toBe(false);
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)('verifies RSASSA-PSS with %s [P7]', (digest) => {
    for (const saltLength of [0, 20, 32]) {
      const made = {
        spki: spkiOf(rsa.publicKey),
        algorithm: pssAlgorithm({ digest, saltLength }),
        data,
        signature: pssSign(rsa.privateKey, digest, saltLength),
        policy: modernOnly,
      };
      expect(verifySignature(made)).toBe(true);
      const otherSalt = pssAlgorithm({ digest, saltLength: saltLength + 1 });
      expect(verifySignature({ ...made, algorithm: otherSalt })).toBe(false);
    }
  });

  it('is false for other octets, another key, no signature, or a PKCS #1 signature as PSS', () => {
    for (const made of [ecSignature(), rsaSignature()]) {
      expect(verifySignature({ ...made, data: utf8('other octets') })).toBe(false);
      expect(verifySignature({ ...made, signature: new Uint8Array(0) })).toBe(false);
      expect(verifySignature({ ...made, signature: new Uint8Array(5000) })).toBe(false);
    }
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(verifySignature({ ...ecSignature(), spki: spkiOf(publicKey) })).toBe(false);
    const asPss = pssAlgorithm({ digest: 'sha256', saltLength: 32 });
    expect(verifySignature({ ...rsaSignature(), algorithm: asPss })).toBe(false);
  });

  it('is false for an ECDSA signature that is not DER to the octet', () => {
    const made = ecSignature();
    const [, length = 0, , rLength = 0] = made.signature;
    const afterR = made.signature.subarray(4);
    const spoilt = [
      concatBytes(made.signature, Uint8Array.of(0)),
      concatBytes(Uint8Array.of(0x30, 0x81, length), made.signature.subarray(2)),
      concatBytes(Uint8Array.of(0x30, length + 1, 2, rLength + 1, 0), afterR),
      concatBytes(Uint8Array.of(0x30, length + 2), made.signature.subarray(2), Uint8Array.of(5, 0)),
      sign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
    ];
    for (const signature of spoilt) expect(verifySignature({ ...made, signature })).toBe(false);
  });

  it('takes RSA with absent or NULL parameters, and ECDSA and EdDSA only with none [P7]', () => {
    const made = rsaSignature();
    const bare = algorithmIdentifier('sha256WithRSAEncryption');
    expect(verifySignature({ ...made, algorithm: bare })).toBe(true);
    const odd = algorithmIdentifier('sha256WithRSAEncryption', fromHex('0400'));
    expect(() => verifySignature({ ...made, algorithm: odd })).toThrow(unsupported);
    const withNull = algorithmIdentifier('ecdsaWithSHA256', 'NULL');
    expect(() => verifySignature({ ...ecSignature(), algorithm: withNull })).toThrow(unsupported);
    const edWithNull = algorithmIdentifier('ed25519', 'NULL');
    const edSpki = spkiOf(ed.publicKey);
    expect(() =>
      verifySignature({ ...ecSignature(), spki: edSpki, algorithm: edWithNull }),
    ).toThrow(unsupported);
  });

  it('refuses an algorithm that is not on the list, whatever the signature', () => {
    for (const name of [
      'sha256',
      'ecPublicKey',
      'ecdsaWithSHA224',
      'sha224WithRSAEncryption',
      'ecdsaWithShake128',
      'passwordBasedMac',
    ] as const) {
      const algorithm = algorithmIdentifier(name);
      expect(() => verifySignature({ ...ecSignature(), algorithm }), name).toThrow(unsupported);
    }
    const md5WithRsa = { algorithm: '1.2.840.113549.1.1.4', parameters: fromHex('0500') };
    expect(() => verifySignature({ ...rsaSignature(), algorithm: md5WithRsa })).toThrow(
      unsupported,
    );
  });

  it('refuses a key of the wrong kind for the algorithm', () => {
    const spki = { rsa: spkiOf(rsa.publicKey), ec: spkiOf(ec.publicKey), ed: spkiOf(ed.publicKey) };
    const mixed = [
      { spki: spki.rsa, algorithm: algorithmIdentifier('ecdsaWithSHA256') },
      { spki: spki.ec, algorithm: algorithmIdentifier('sha256WithRSAEncryption', 'NULL') },
      { spki: spki.ec, algorithm: pssAlgorithm({ digest: 'sha256', saltLength: 32 }) },
      { spki: spki.ec, algorithm: algorithmIdentifier('ed25519') },
      { spki: spki.ed, algorithm: algorithmIdentifier('ed448') },
      { spki: spki.ed, algorithm: algorithmIdentifier('ecdsaWithSHA256') },
    ];
    for (const one of mixed) {
      expect(() => verifySignature({ ...ecSignature(), ...one })).toThrow(unsupported);
    }
  });

  it('takes SHA-1 only with the legacy switch, which the hint names', () => {
    const cases: readonly SignatureToVerify[] = [
      {
        ...rsaSignature(),
        algorithm: algorithmIdentifier('sha1WithRSAEncryption', 'NULL'),
        signature: sign('sha1', data, rsa.privateKey),
      },
      {
        ...ecSignature(),
        algorithm: algorithmIdentifier('ecdsaWithSHA1'),
        signature: sign('sha1', data, ec.privateKey),
      },
      {
        ...rsaSignature(),
        // Every default: SHA-1, MGF1 with SHA-1, 20 octets of salt.
        algorithm: algorithmIdentifier('rsassaPss', fromHex('3000')),
        signature: pssSign(rsa.privateKey, 'sha1', 20),
      },
    ];
    for (const made of cases) {
      expect(() => verifySignature(made)).toThrow(unsupported);
      expect(() => verifySignature(made)).toThrow(
        expect.objectContaining({ hint: expect.stringContaining('legacy-algorithms') }),
      );
      expect(verifySignature({ ...made, policy: legacy })).toBe(true);
    }
  });

  it('takes RSA of 1024 bits only with the legacy switch, also after it was cached', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const made = {
      ...rsaSignature(),
      spki: spkiOf(pair.publicKey),
      signature: sign('sha256', data, pair.privateKey),
    };
    expect(verifySignature({ ...made, policy: legacy })).toBe(true);
    expect(() => verifySignature(made)).toThrow(unsupported);
  });

  it('holds an id-RSASSA-PSS key to its parameters and away from PKCS #1', () => {
    const bound = pssAlgorithm({ digest: 'sha384', saltLength: 32 });
    const { subjectPublicKey } = fromDer(SubjectPublicKeyInfo, spkiOf(rsa.publicKey));
    const signature = pssSign(rsa.privateKey, 'sha384', 48);
    const spki = toDer(SubjectPublicKeyInfo, { algorithm: bound, subjectPublicKey });
    const algorithm = pssAlgorithm({ digest: 'sha384', saltLength: 48 });
    const made = { spki, algorithm, data, signature, policy: modernOnly };
    expect(verifySignature(made)).toBe(true);
    const unbound = { algorithm: algorithmIdentifier('rsassaPss'), subjectPublicKey };
    expect(verifySignature({ ...made, spki: unbound })).toBe(true);
    const others = [
      pssAlgorithm({ digest: 'sha512', saltLength: 48 }),
      pssAlgorithm({ digest: 'sha384', saltLength: 31 }),
      algorithmIdentifier('sha384WithRSAEncryption', 'NULL'),
    ];
    for (const other of others) {
      expect(() => verifySignature({ ...made, algorithm: other })).toThrow(unsupported);
    }
  });

  it('answers every one-bit change of key, algorithm and signature with false or a typed error', () => {
    const pss: SignatureToVerify = {
      ...rsaSignature(),
      algorithm: pssAlgorithm({ digest: 'sha256', saltLength: 32 }),
      signature: pssSign(rsa.privateKey, 'sha256', 32),
    };
    for (const made of [ecSignature(), rsaSignature(), pss]) {
      const spki = made.spki instanceof Uint8Array ? made.spki : new Uint8Array(0);
      const algorithmDer = toDer(AlgorithmIdentifier, made.algorithm);
      for (const changed of oneBitChanges(spki)) {
        expect(
          outcome(() => verifySignature({ ...made, spki: changed })),
          toHex(changed),
        ).not.toBe(true);
      }
      for (const changed of oneBitChanges(made.signature)) {
        expect(verifySignature({ ...made, signature: changed })).toBe(false);
      }
      for (const changed of oneBitChanges(algorithmDer)) {
        const verdict = outcome(() =>
          verifySignature({ ...made, algorithm: fromDer(AlgorithmIdentifier, changed) }),
        );
        expect(verdict, toHex(changed)).not.toBe(true);
      }
    }
  });
});

describe('signatureAlgorithmFor()', () => {
  it.each([
    ['rsa-2048', 'sha256WithRSAEncryption', '0500'],
    ['rsa-4096', 'sha256WithRSAEncryption', '0500'],
    ['rsa-2056', 'sha256WithRSAEncryption', '0500'],
    ['p-256', 'ecdsaWithSHA256', ''],
    ['p-384', 'ecdsaWithSHA384', ''],
    ['p-521', 'ecdsaWithSHA512', ''],
    ['ed25519', 'ed25519', ''],
    ['ed448', 'ed448', ''],
  ] as const)('gives a key of type %s %s [P7]', (keyType, name, parameters) => {
    const algorithm = signatureAlgorithmFor({ keyType, spki: new Uint8Array(0) });
    expect(algorithm.algorithm).toBe(algorithmIdentifier(name).algorithm);
    expect(toHex(algorithm.parameters ?? new Uint8Array(0))).toBe(parameters);
  });
});

describe('SigningKey.sign()', () => {
  it('signs with RSASSA-PSS when asked to, and refuses an algorithm of another kind of key', async () => {
    const key = softwareKeys.load(
      createPrivateKey(rsa.privateKey.export({ format: 'pem', type: 'pkcs8' })).export({
        format: 'der',
        type: 'pkcs8',
      }),
    );
    const algorithm = pssAlgorithm({ digest: 'sha512', saltLength: 64 });
    const signature = await key.sign(data, algorithm);
    expect(
      verifySignature({ spki: key.spki, algorithm, data, signature, policy: modernOnly }),
    ).toBe(true);
    expect(() => key.sign(data, algorithmIdentifier('ecdsaWithSHA256'))).toThrow(unsupported);
  });
});

function* oneBitChanges(octets: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < octets.length * 8; bit++) {
    const changed = Uint8Array.from(octets);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield changed;
  }
}

function outcome(verify: () => boolean): boolean | string {
  try {
    return verify();
  } catch (error) {
    if (error instanceof CertError) return error.code;
    throw error;
  }
}
