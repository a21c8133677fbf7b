import { describe, expect, it } from 'vitest';
import { fromDer, sequenceOf, toDer } from '../../src/asn1/codec.ts';
import { bigInteger } from '../../src/asn1/primitives.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { oids } from '../../src/asn1/oids.ts';
import { AsymmetricKeyPackage } from '../../src/cms/asymmetric-key-package.ts';
import { judgeKeyGenerator } from '../../src/cms/judge-key-generator.ts';
import { buildAsymmetricKeyPackage, openKeyPackage } from '../../src/cms/key-package.ts';
import { softwareKeys, type KeyType } from '../../src/crypto/keys.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { issue, someDay } from '../harness/certificates.ts';
import { holder, type Holder } from './holders.ts';

async function made(type: KeyType) {
  const generated = await softwareKeys.generate(type);
  return { generated, spki: fromDer(SubjectPublicKeyInfo, generated.key.spki) };
}

describe('openKeyPackage()', () => {
  it.each(['rsa-2048', 'p-256', 'p-521', 'ed25519'] as const)(
    'takes the one key out, of type %s, with octets that load again [C17]',
    async (type) => {
      const { generated, spki } = await made(type);
      const der = buildAsymmetricKeyPackage(generated);
      const taken = await openKeyPackage(der, spki, softwareKeys);
      expect(taken.key.spki).toEqual(generated.key.spki);
      expect(softwareKeys.load(taken.pkcs8).spki).toEqual(generated.key.spki);
    },
  );

  it('refuses a key that does not fit the certificate [C17]', async () => {
    const { generated } = await made('p-256');
    const other = await made('p-256');
    const opening = openKeyPackage(buildAsymmetricKeyPackage(generated), other.spki, softwareKeys);
    await expect(opening).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
      message: expect.stringContaining('does not fit'),
    });
  });

  it('refuses a private key that carries the public half of another [C17]', async () => {
    const { generated } = await made('p-256');
    const other = await made('p-256');
    const [mine] = fromDer(AsymmetricKeyPackage, buildAsymmetricKeyPackage(generated));
    const [theirs] = fromDer(AsymmetricKeyPackage, buildAsymmetricKeyPackage(other.generated));
    // ECPrivateKey of P-256 as node:crypto writes it: 7 octets, the private value, 5 octets, the public half.
    const privateKey = Uint8Array.from(mine?.privateKey ?? []);
    privateKey.set(theirs?.privateKey.subarray(39) ?? [], 39);
    const forged = [mine, theirs].flatMap((one, i) =>
      one && i === 0 ? [{ ...one, privateKey, publicKey: other.spki.subjectPublicKey }] : [],
    );
    const opening = openKeyPackage(toDer(AsymmetricKeyPackage, forged), other.spki, softwareKeys);
    await expect(opening).rejects.toMatchObject({
      code: expect.stringMatching(/^(CMP_RESPONSE_INVALID|KEY_UNUSABLE)$/),
    });
  });

  it('refuses two keys', async () => {
    const { generated, spki } = await made('p-256');
    const [one] = fromDer(AsymmetricKeyPackage, buildAsymmetricKeyPackage(generated));
    const two = toDer(AsymmetricKeyPackage, one ? [one, one] : []);
    await expect(openKeyPackage(two, spki, softwareKeys)).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
      message: expect.stringContaining('2 keys'),
    });
  });

  it('refuses a key whose numbers do not go together, so that nothing can be signed with it [C17]', async () => {
    const { generated, spki } = await made('rsa-2048');
    const [one] = fromDer(AsymmetricKeyPackage, buildAsymmetricKeyPackage(generated));
    // RSAPrivateKey is integers only: version, n, e, d, and what is for the Chinese remainder theorem.
    const RSAPrivateKey = sequenceOf(bigInteger);
    const numbers = fromDer(RSAPrivateKey, one?.privateKey ?? new Uint8Array());
    const without = numbers.map((number, i) => (i < 4 ? number : 0n));
    const bad = toDer(
      AsymmetricKeyPackage,
      one ? [{ ...one, privateKey: toDer(RSAPrivateKey, without) }] : [],
    );
    await expect(openKeyPackage(bad, spki, softwareKeys)).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
    });
  });

  it('refuses octets that are no key', async () => {
    const { generated, spki } = await made('p-256');
    const [one] = fromDer(AsymmetricKeyPackage, buildAsymmetricKeyPackage(generated));
    const none = toDer(AsymmetricKeyPackage, one ? [{ ...one, privateKey: utf8('none') }] : []);
    await expect(openKeyPackage(none, spki, softwareKeys)).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
    });
  });
});

describe('judgeKeyGenerator()', () => {
  const root = holder('CN=root', { isCa: true });
  const ca = holder('CN=ca', { isCa: true, issuer: root.issued });
  const stranger = holder('CN=stranger', { isCa: true });
  const cmKGA = extension('extKeyUsage', [oids.cmKGA]);
  const { certificate: issued } = issue({ subject: 'CN=device', issuer: ca.issued });

  function verdict(signer: Holder, certificates = [ca.certificate]): string | undefined {
    const trust = { anchors: [root.certificate], intermediates: [], policy: modernOnly };
    const signed = { signers: [signer.certificate], certificates } as const;
    return judgeKeyGenerator(signed, issued, trust, someDay);
  }

  it('allows who carries the extended key usage cmKGA [C17]', () => {
    expect(verdict(holder('CN=kga', { issuer: ca.issued, extensions: [cmKGA] }))).toBeUndefined();
  });

  it('allows the CA that issued the certificate [C17]', () => {
    expect(verdict(ca)).toBeUndefined();
  });

  it('refuses a second signer beside one who is allowed [C17]', () => {
    const [kga, other] = ['CN=kga', 'CN=other'].map((subject) =>
      holder(subject, { issuer: ca.issued, extensions: [cmKGA] }),
    );
    if (!kga || !other) throw new Error('there are no signers');
    const signers = [kga.certificate, other.certificate] as const;
    const trust = { anchors: [root.certificate], intermediates: [], policy: modernOnly };
    const signed = { signers, certificates: [ca.certificate] };
    expect(judgeKeyGenerator(signed, issued, trust, someDay)).toContain('2 signers, expected 1');
  });

  it('refuses another CA below the same anchor [C17]', () => {
    expect(verdict(holder('CN=ca', { isCa: true, issuer: root.issued }))).toMatch(/lacks .* cmKGA/);
  });

  it.each([
    ['no extended key usage', []],
    ['that of an RA', [extension('extKeyUsage', [oids.cmcRA])]],
    ['any', [extension('extKeyUsage', [oids.anyExtendedKeyUsage])]],
  ])('refuses a signer with %s [C17]', (_what, extensions) => {
    expect(verdict(holder('CN=leaf', { issuer: ca.issued, extensions }))).toMatch(/lacks .* cmKGA/);
  });

  it('refuses a signer with cmKGA below a root nobody trusts [C17]', () => {
    const signer = holder('CN=kga', { issuer: stranger.issued, extensions: [cmKGA] });
    expect(verdict(signer, [stranger.certificate])).toMatch(/not among the trust anchors/);
  });

  it('refuses a signer whose keyUsage is not for signing', () => {
    const usage = extension('keyUsage', ['keyEncipherment'], true);
    const signer = holder('CN=kga', { issuer: ca.issued, extensions: [cmKGA, usage] });
    expect(verdict(signer)).toMatch(/digitalSignature/);
  });

  it('refuses two signers', () => {
    const signed = { signers: [ca.certificate, root.certificate], certificates: [] } as const;
    const trust = { anchors: [root.certificate], intermediates: [], policy: modernOnly };
    expect(judgeKeyGenerator(signed, issued, trust, someDay)).toMatch(/2 signers/);
  });
});
