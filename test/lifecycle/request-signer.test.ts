import { describe, expect, it } from 'vitest';
import { modernOnly } from '../../src/crypto/policy.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import { importCertificate } from '../../src/lifecycle/import-certificate.ts';
import { needOfSigner } from '../../src/lifecycle/needed-by.ts';
import { putOcspObject } from '../../src/lifecycle/ocsp-objects.ts';
import { requestSigner } from '../../src/lifecycle/request-signer.ts';
import { issue } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { makeSite, named, type Site } from './site.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });
const device = issue({ subject: 'CN=device', issuer: sub });

async function withDevice(at = '2026-06-15T12:00:00Z'): Promise<Site> {
  const site = await makeSite({ clock: fakeClock(new Date(at)) });
  await importCertificate(site.context, {
    name: named('gw1'),
    certificates: [device, sub, root].map(({ certificate }) => certificate),
    key: generatedKey(device.key.privateKey),
    replace: true,
  });
  return site;
}

describe('requestSigner()', () => {
  it('signs with the certificate in force and its key, and gives its issuers up to below the root', async () => {
    const { context } = await withDevice();
    const { certificate, chain, algorithm, sign } = await requestSigner(context, 'gw1');
    expect(chain).toHaveLength(1);
    const data = Uint8Array.of(1, 2, 3);
    const signature = await sign(data);
    const { subjectPublicKeyInfo: spki } = certificate.tbsCertificate;
    expect(verifySignature({ spki, algorithm, data, signature, policy: modernOnly })).toBe(true);
  });

  it('refuses a name that has none', async () => {
    const { context } = await withDevice();
    await expect(requestSigner(context, 'nobody')).rejects.toMatchObject({ code: 'CERT_UNKNOWN' });
  });

  it('is asked when an OCSP object is set up, which then needs that certificate', async () => {
    const { context } = await withDevice();
    const words = { 'signing-certs': ['gw1:any'], 'signer-cert': 'nobody' };
    await expect(putOcspObject(context, { name: 'hq', words }, undefined)).rejects.toMatchObject({
      code: 'CERT_UNKNOWN',
    });
    const own = { 'signing-certs': ['other:any'], 'signer-cert': 'gw1' };
    const ocsp = [{ name: 'hq', words: own }];
    expect(needOfSigner({ ocsp, policies: [] }, 'gw1')).toMatchObject({ who: 'OCSP object "hq"' });
  });
});
