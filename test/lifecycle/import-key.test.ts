import { describe, expect, it } from 'vitest';
import { fromDer } from '../../src/asn1/codec.ts';
import { toHex } from '../../src/base/bytes.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { importCaCertificate } from '../../src/lifecycle/ca-store.ts';
import { importCertificate, type ImportRequest } from '../../src/lifecycle/import-certificate.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { issue, makeKey, type TestKey } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { fakeToken } from '../tokens/fake-cryptoki.ts';
import { openToken } from '../tokens/world.ts';
import { certificatesIn, coded, makeSite, named, request, type Site } from './site.ts';

const at = new Date('2026-06-15T12:00:00Z');

async function openSite(): Promise<Site> {
  return makeSite({ clock: fakeClock(at) });
}

/** A key request that waits for its answer. */
async function waiting({ store }: Site, name: string): Promise<TestKey> {
  const key = makeKey();
  const { key: made, pkcs8 } = generatedKey(key.privateKey);
  const stored = { spki: made.spki, pkcs8 };
  await store.keyRequests.put(
    { name: named(name), key: stored, request: Uint8Array.of(0x30, 0), at },
    false,
  );
  return key;
}

function answer(key: TestKey, changes: Partial<ImportRequest> = {}): ImportRequest {
  const { certificate } = issue({ subject: 'CN=gw1', key });
  return { name: named('gw1'), certificates: [certificate], replace: false, ...changes };
}

describe('the answer to a key request', () => {
  it('is joined with the key that was made for it, and the request is over', async () => {
    const site = await openSite();
    const key = await waiting(site, 'gw1');
    const { certificate } = await importCertificate(site.context, answer(key));
    const stored = await site.store.keys.privateKey(certificate.keyId ?? 0);
    expect(toHex(stored)).toBe(toHex(generatedKey(key.privateKey).pkcs8));
    expect(await site.store.keyRequests.list()).toEqual([]);
  });

  it('is chosen by that key among others', async () => {
    const site = await openSite();
    const key = await waiting(site, 'gw1');
    const other = issue({ subject: 'CN=other' }).certificate;
    const [own = other] = answer(key).certificates;
    const { certificate } = await importCertificate(
      site.context,
      answer(key, { certificates: [other, own] }),
    );
    expect(toHex(certificate.der)).toBe(toHex(certificateDer(own)));
  });

  it('replaces the certificate that has the name: for that it was asked', async () => {
    const site = await openSite();
    await importCertificate(site.context, answer(makeKey()));
    const key = await waiting(site, 'gw1');
    const { certificate } = await importCertificate(site.context, answer(key));
    expect(certificate).toMatchObject({ version: 2, status: 'current' });
  });

  it('is refused when it is for another key, and the request waits on', async () => {
    const site = await openSite();
    await waiting(site, 'gw1');
    await expect(importCertificate(site.context, answer(makeKey()))).rejects.toMatchObject({
      code: 'CERT_INVALID',
      hint: expect.stringContaining('A key request of "gw1" waits for its answer'),
    });
    expect(await certificatesIn(site)).toEqual({ certificates: [] });
    expect(await site.store.keyRequests.list()).toHaveLength(1);
  });

  it('is also found under another name', async () => {
    const site = await openSite();
    const key = await waiting(site, 'gw1');
    const { certificate } = await importCertificate(
      site.context,
      answer(key, { name: named('gw2') }),
    );
    expect(certificate.keyId).toBeDefined();
    expect(await site.store.keyRequests.list()).toEqual([]);
  });

  it('holds its name: no CA certificate gets it as a label', async () => {
    const site = await openSite();
    await waiting(site, 'gw1');
    const { certificate } = issue({ subject: 'CN=Root', isCa: true });
    const attempt = importCaCertificate(site.context, {
      label: named('gw1'),
      certificates: [certificate],
      hasKey: false,
      replace: true,
    });
    await expect(attempt).rejects.toMatchObject(coded('CERT_EXISTS'));
  });
});

describe('a certificate whose key is in a token', () => {
  it('is imported with where the key is', async () => {
    const site = await openSite();
    const { keys } = openToken(fakeToken());
    await keys.generate('pkcs11:token=t1;object=gw1', 'p-256');
    const key = await keys.find('pkcs11:token=t1;object=gw1');
    const certificate = certificateFor(key.key.spki);
    const { certificate: record } = await importCertificate(site.context, {
      name: named('gw1'),
      certificates: [certificate],
      key,
      replace: false,
    });
    expect(await site.store.keys.publicKey(record.keyId ?? 0)).toMatchObject({
      tokenUri: key.uri,
    });
    // The next one for it needs no word about the key.
    const again = await importCertificate(site.context, {
      name: named('gw2'),
      certificates: [certificate],
      replace: false,
    });
    expect(again.certificate.keyId).toBe(record.keyId);
  });

  it('is refused when that is the key of another, and the token keeps it', async () => {
    const site = await openSite();
    const token = fakeToken();
    const { keys } = openToken(token);
    const key = await keys.generate('pkcs11:token=t1;object=gw1', 'p-256');
    const attempt = importCertificate(site.context, { ...answer(makeKey()), key });
    await expect(attempt).rejects.toMatchObject({
      code: 'CERT_INVALID',
      message: 'Cannot import "gw1": the key (p-256) is not the one of "CN=gw1"',
    });
    expect(token.count()).toBe(2);
    expect(await certificatesIn(site)).toEqual({ certificates: [] });
  });
});

describe('a label of the local CA store', () => {
  it('is no name for a certificate to be asked for, and nothing is sent', async () => {
    const site = await openSite();
    const { certificate } = issue({ subject: 'CN=Root', isCa: true });
    await importCaCertificate(site.context, {
      label: named('gw1'),
      certificates: [certificate],
      hasKey: false,
      replace: false,
    });
    await expect(initialize(site.context, request())).rejects.toMatchObject(coded('CERT_EXISTS'));
    expect(site.sent).toEqual([]);
  });
});

/** A certificate for a key of which only the public half is here. */
function certificateFor(spki: Uint8Array): Certificate {
  const issuer = issue({ subject: 'CN=Root', isCa: true });
  const key = { ...issuer.key, spki: fromDer(SubjectPublicKeyInfo, spki) };
  return issue({ subject: 'CN=in a token', key, issuer }).certificate;
}
