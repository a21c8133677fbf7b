import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { objectIdentifier } from '../../src/asn1/primitives.ts';
import { buildSignedData } from '../../src/cms/build-signed-data.ts';
import { SignedAttributes, SignedData, type SignerInfo } from '../../src/cms/signed-data.ts';
import { verifySignedData } from '../../src/cms/verify-signed-data.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { seeded } from '../harness/seeded.ts';
import { holder } from './holders.ts';

const ca = holder('CN=ca', { isCa: true });
const signer = holder('CN=signer', { issuer: ca.issued, keyIdentifier: utf8('signer key') });
const eContent = utf8('what is signed');

async function signed(eContentType: string = oids.ctKPaKeyPackage): Promise<SignedData> {
  const { key, certificate } = signer;
  const toSign = { eContentType, eContent, key, certificate, chain: [ca.certificate] };
  return readAgain(await buildSignedData(toSign));
}

function readAgain(data: SignedData): SignedData {
  return fromDer(SignedData, toDer(SignedData, data));
}

function withSigner(data: SignedData, change: (one: SignerInfo) => SignerInfo): SignedData {
  return readAgain({ ...data, signerInfos: data.signerInfos.map(change) });
}

function failure(data: SignedData): string {
  try {
    verifySignedData(data, modernOnly);
    return 'verified';
  } catch (error) {
    return error instanceof CertError ? `${error.code}: ${error.message}` : String(error);
  }
}

describe('verifySignedData()', () => {
  it('gives content, signer and what came along [C17]', async () => {
    const verified = verifySignedData(await signed(), modernOnly);
    expect(verified).toMatchObject({ eContentType: oids.ctKPaKeyPackage, eContent });
    expect(verified.signers.map(certificateDer)).toEqual([certificateDer(signer.certificate)]);
    expect(verified.certificates).toHaveLength(2);
  });

  it('takes certificates in any order, as RFC 9483 and DER cannot both be obeyed', async () => {
    const data = await signed();
    const certificates = [...(data.certificates ?? [])].toReversed();
    expect(failure(readAgain({ ...data, certificates }))).toBe('verified');
  });

  it('refuses other content under the same signature', async () => {
    const data = await signed();
    const encapContentInfo = { ...data.encapContentInfo, eContent: utf8('What is signed') };
    expect(failure(readAgain({ ...data, encapContentInfo }))).toMatch(
      /^CMP_PROTECTION_INVALID: .*messageDigest/,
    );
  });

  it('refuses content of another type under the same signature', async () => {
    const data = await signed();
    const encapContentInfo = { ...data.encapContentInfo, eContentType: oids.data };
    expect(failure(readAgain({ ...data, encapContentInfo }))).toMatch(/of type "ctKPaKeyPackage"/);
  });

  it('refuses a signature with one bit flipped', async () => {
    const data = withSigner(await signed(), (one) => {
      const signature = Uint8Array.from(one.signature);
      signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
      return { ...one, signature };
    });
    expect(failure(data)).toMatch(/^CMP_PROTECTION_INVALID: .*signature does not fit/);
  });

  it('refuses the signature of a key that its certificate does not have', async () => {
    const { key } = holder('CN=thief');
    const { certificate } = signer;
    const toSign = { eContentType: oids.data, eContent, key, certificate, chain: [] };
    expect(failure(readAgain(await buildSignedData(toSign)))).toMatch(/^CMP_PROTECTION_INVALID/);
  });

  it('refuses a signer whose certificate did not come along', async () => {
    const { certificates: _left, ...data } = await signed();
    expect(failure(readAgain(data))).toMatch(/^CMP_PROTECTION_MISSING/);
  });

  it('refuses content that is not in it', async () => {
    const data = await signed();
    const encapContentInfo = { eContentType: data.encapContentInfo.eContentType };
    expect(failure(readAgain({ ...data, encapContentInfo }))).toMatch(/content is not in it/);
  });

  it('refuses content that is not id-data and signed without attributes', async () => {
    const algorithm = signatureAlgorithmFor(signer.key);
    const signature = await signer.key.sign(eContent, algorithm);
    const bare = (one: SignerInfo): SignerInfo => {
      const { signedAttrs: _left, ...others } = one;
      return { ...others, signature };
    };
    expect(failure(withSigner(await signed(oids.data), bare))).toBe('verified');
    expect(failure(withSigner(await signed(), bare))).toMatch(/signedAttrs are absent/);
  });

  it.each([
    ['without messageDigest', (all: SignerInfo['signedAttrs']) => all?.slice(0, 1)],
    [
      'with messageDigest twice',
      (all: SignerInfo['signedAttrs']) => [...(all ?? []), ...(all ?? [])],
    ],
    [
      'with two content types',
      (all: SignerInfo['signedAttrs']) =>
        all?.map((one) =>
          one.attrType === oids.contentType
            ? { ...one, attrValues: [...one.attrValues, toDer(objectIdentifier, oids.data)] }
            : one,
        ),
    ],
  ] as const)('refuses attributes %s, signed or not', async (_what, change) => {
    const data = await signed();
    const [info] = data.signerInfos;
    const signedAttrs = change(info?.signedAttrs) ?? [];
    const algorithm = signatureAlgorithmFor(signer.key);
    const signature = await signer.key.sign(toDer(SignedAttributes, signedAttrs), algorithm);
    const changed = withSigner(data, (one) => ({ ...one, signedAttrs, signature }));
    expect(failure(changed)).toMatch(/is not there exactly once/);
  });

  it('refuses a digest other than that of the signature', async () => {
    const data = withSigner(await signed(), (one) => ({
      ...one,
      digestAlgorithm: digestAlgorithm('sha512'),
    }));
    expect(failure(data)).toMatch(/^CMP_(PROTECTION|RESPONSE)_INVALID/);
  });

  it.each(['sha1', 'shake256', 'aes128CBC'] as const)('refuses %s as digest', async (name) => {
    const digestNamed = algorithmIdentifier(name);
    const data = withSigner(await signed(), (one) => ({ ...one, digestAlgorithm: digestNamed }));
    expect(failure(data)).toMatch(/^CMP_ALGORITHM_UNSUPPORTED/);
  });

  it('refuses more signers than anybody has', async () => {
    const data = await signed();
    const signerInfos = Array.from({ length: 5 }, () => data.signerInfos).flat();
    expect(failure(readAgain({ ...data, signerInfos }))).toMatch(/^LIMIT_EXCEEDED: .*5 signers/);
  });

  it('verifies nothing and throws CertErrors only with an octet changed', async () => {
    const random = seeded(3);
    const der = toDer(SignedData, await signed());
    for (let at = 0; at < der.length; at++) {
      const damaged = Uint8Array.from(der);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << random.below(8));
      let outcome: string;
      try {
        outcome = failure(fromDer(SignedData, damaged));
      } catch (error) {
        outcome = error instanceof CertError ? error.code : String(error);
      }
      // What the signature does not cover (versions, certificates) may change without harm.
      expect(outcome).toMatch(/^(verified|(DER|CMP|LIMIT)_)/);
    }
  });
});
