import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import {
  bodies,
  initialized,
  issued,
  makeSite,
  named,
  request,
  wanted,
  type Site,
} from './site.ts';

/** The private key in the file that services read. */
function keyFile(site: Site, name: string) {
  return createPrivateKey(site.files().get(`${name}.key.pem`) ?? '');
}

describe('initialize() with a key that the CA makes', () => {
  it.each([undefined, 'rsa-2048', 'p-384'] as const)(
    'gets key and certificate under a shared secret, of type %s [B15][C17]',
    async (keyType) => {
      const site = await makeSite();
      const key = { type: 'central', ...(keyType && { keyType }) } as const;
      const { certificate } = await initialized(site, { key });
      const [ir] = site.sent.map((der) => decodeMessage(der));
      expect(ir?.header.pvno).toBe(3);
      expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
      const x509 = new X509Certificate(asBuffer(certificate.der));
      expect(x509.checkPrivateKey(keyFile(site, 'gw1'))).toBe(true);
      const pkcs8 = await site.store.keys.privateKey(certificate.keyId ?? 0);
      const stored = createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
      expect(x509.checkPrivateKey(stored)).toBe(true);
    },
  );

  it('enrolls with such a key, and signs with one the CA made [B15][C17]', async () => {
    const site = await makeSite();
    await initialized(site, { key: { type: 'central' } });
    const second = issued(
      await enroll(site.context, {
        current: named('gw1'),
        name: named('tls'),
        wanted: wanted('CN=tls'),
        key: { type: 'central' },
        waitSeconds: 0,
      }),
    );
    const x509 = new X509Certificate(asBuffer(second.certificate.der));
    expect(x509.checkPrivateKey(keyFile(site, 'tls'))).toBe(true);
  });

  it('is refused before anything is sent where what comes could not be decrypted', async () => {
    const site = await makeSite();
    await initialized(site, { key: { type: 'generate', keyType: 'ed25519' } });
    const sent = site.sent.length;
    const byEd25519 = { current: named('gw1'), name: named('tls'), waitSeconds: 0 };
    const asked = { ...byEd25519, wanted: wanted('CN=tls'), key: { type: 'central' } } as const;
    await expect(enroll(site.context, asked)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
    const key = { type: 'generate', keyType: 'ed25519', proof: 'encrypted-certificate' } as const;
    const second = { ...request({ key }), name: named('gw2') };
    await expect(initialize(site.context, second)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
    expect(site.sent).toHaveLength(sent);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('is told when the CA makes no keys', async () => {
    const site = await makeSite({ lab: { keyGeneration: false } });
    const result = await initialize(site.context, request({ key: { type: 'central' } }));
    expect(result).toMatchObject({ type: 'rejected' });
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });
});

describe('initialize() with a key that is not to sign', () => {
  it.each(['rsa-2048', 'p-256'] as const)(
    'decrypts the certificate with the new %s key and confirms it [C18]',
    async (keyType) => {
      const site = await makeSite({
        lab: { implicitConfirm: true },
        profile: { implicitConfirm: true },
      });
      const key = { type: 'generate', keyType, proof: 'encrypted-certificate' } as const;
      const { certificate } = await initialized(site, { key });
      expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
      const x509 = new X509Certificate(asBuffer(certificate.der));
      expect(x509.checkPrivateKey(keyFile(site, 'gw1'))).toBe(true);
    },
  );
});

describe('an initialize that was killed', () => {
  const central = { type: 'central' } as const;
  const encrypted = {
    type: 'generate',
    keyType: 'p-256',
    proof: 'encrypted-certificate',
  } as const;

  it.each([
    ['ir', 'a key the CA makes', central],
    ['pollReq', 'a key the CA makes', central],
    ['certConf', 'a key the CA makes', central],
    ['pollReq', 'an encrypted certificate', encrypted],
    ['certConf', 'an encrypted certificate', encrypted],
  ] as const)('after its %s for %s loses no key [C14][C17][C18]', async (body, _what, key) => {
    const site = await makeSite({ lab: { polls: 1, checkAfterSeconds: 20 } });
    site.setWire(async (der, lab) => {
      const answer = await lab(der);
      if (decodeMessage(der).body.type === body) throw new Error('killed');
      return answer;
    });
    await expect(initialize(site.context, request({ key }))).rejects.toThrow('killed');
    site.setWire();
    const { certificate } = issued(await initialize(site.context, request({ key })));
    const x509 = new X509Certificate(asBuffer(certificate.der));
    expect(x509.checkPrivateKey(keyFile(site, 'gw1'))).toBe(true);
    expect(await site.lab.issuedCount()).toBe(1);
  });
});
