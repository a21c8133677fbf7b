import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { importCaCertificate } from '../../src/lifecycle/ca-store.ts';
import { importCertificate, type ImportRequest } from '../../src/lifecycle/import-certificate.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { certificatesIn, coded, makeSite, named, type Site } from './site.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });
const device = issue({ subject: 'CN=device', issuer: sub });

async function openSite(): Promise<Site> {
  return makeSite({ clock: fakeClock(new Date('2026-06-15T12:00:00Z')) });
}

function importing(
  issuers: readonly Issued[],
  changes: Partial<ImportRequest> = {},
): ImportRequest {
  return {
    name: named('vendor'),
    certificates: [device, ...issuers].map(({ certificate }) => certificate),
    key: generatedKey(device.key.privateKey),
    replace: false,
    ...changes,
  };
}

async function keep({ context }: Site, label: string, { certificate }: Issued): Promise<void> {
  const certificates = [certificate];
  await importCaCertificate(context, {
    label: named(label),
    certificates,
    hasKey: false,
    replace: false,
  });
}

function hexOf(...all: readonly Issued[]): readonly string[] {
  return all.map(({ certificate }) => toHex(certificateDer(certificate)));
}

describe('the chain of an import', () => {
  it('that is not complete is imported with a warning that names the missing issuer', async () => {
    const { context, warnings } = await openSite();
    const result = await importCertificate(context, importing([sub]));
    expect(result).toMatchObject({ isUnchanged: false, isChainComplete: false });
    expect(warnings).toEqual([
      'the chain of "vendor" is not complete: the certificate of "CN=Root" is missing; give it along with the certificate, or import it with "cert import … ca"',
    ]);
  });

  it('that is not complete is refused with complete-chain, and nothing is stored', async () => {
    const site = await openSite();
    const attempt = importCertificate(site.context, importing([sub], { completeChain: true }));
    await expect(attempt).rejects.toMatchObject({
      code: 'CERT_INVALID',
      message:
        'Cannot import "vendor": its chain is not complete, the certificate of "CN=Root" is missing',
    });
    expect(await certificatesIn(site)).toEqual({ certificates: [] });
    const whole = importing([root, sub], { completeChain: true });
    expect(await importCertificate(site.context, whole)).toMatchObject({ isChainComplete: true });
  });

  it('is complete at an anchor of the CA profile named, which stays there', async () => {
    const site = await openSite();
    const ca = named('lab');
    await site.setProfile({ roots: [certificateDer(root.certificate)] });
    const { certificate, isChainComplete } = await importCertificate(
      site.context,
      importing([sub], { ca }),
    );
    expect(isChainComplete).toBe(true);
    expect(certificate.chain.map(toHex)).toEqual(hexOf(sub));
    await site.setProfile({ roots: [certificateDer(sub.certificate)] });
    const bare = await importCertificate(site.context, importing([], { ca, name: named('bare') }));
    expect(bare).toMatchObject({ isChainComplete: true, certificate: { chain: [] } });
    expect(site.warnings).toEqual([]);
  });

  it('is completed from the local CA store, and ends there at the latest', async () => {
    const site = await openSite();
    await keep(site, 'sub', sub);
    const first = await importCertificate(site.context, importing([]));
    expect(first).toMatchObject({ isChainComplete: true });
    expect(first.certificate.chain.map(toHex)).toEqual(hexOf(sub));
    await keep(site, 'root', root);
    const second = await importCertificate(site.context, importing([]));
    expect(second).toMatchObject({ isUnchanged: true, isChainComplete: true });
    expect(site.warnings).toEqual([]);
  });

  it('is completed from CA profiles, too', async () => {
    const site = await openSite();
    await site.setProfile({
      roots: [certificateDer(root.certificate)],
      intermediates: [certificateDer(sub.certificate)],
    });
    const { certificate, isChainComplete } = await importCertificate(site.context, importing([]));
    expect(isChainComplete).toBe(true);
    expect(certificate.chain.map(toHex)).toEqual(hexOf(sub));
  });

  it('keeps a root that came along, as it came', async () => {
    const site = await openSite();
    await keep(site, 'root', root);
    const { certificate } = await importCertificate(site.context, importing([root, sub]));
    expect(certificate.chain.map(toHex)).toEqual(hexOf(sub, root));
  });

  it('makes the same import no other one when a CA certificate is gone that completed it', async () => {
    const site = await openSite();
    await keep(site, 'sub', sub);
    await importCertificate(site.context, importing([]));
    await site.store.caCertificates.remove('sub');
    const again = await importCertificate(site.context, importing([]));
    expect(again).toMatchObject({ isUnchanged: true, isChainComplete: false });
  });

  it('is that of a CA certificate, with a warning, where an end entity is wanted', async () => {
    const { context, warnings } = await openSite();
    const certificates = [root.certificate];
    const key = generatedKey(root.key.privateKey);
    await importCertificate(context, importing([], { certificates, key }));
    expect(warnings).toEqual([
      'the certificate of "vendor" is that of a CA; "cert import … ca" puts one into the local CA store',
    ]);
  });
});

describe('importCaCertificate()', () => {
  const given = {
    label: named('rootA'),
    certificates: [root.certificate],
    hasKey: false,
    replace: false,
  };

  it('keeps a CA certificate under its label, with its subject; the same again changes nothing', async () => {
    const { context, store, warnings } = await openSite();
    expect(await importCaCertificate(context, given)).toMatchObject({ isUnchanged: false });
    expect(await importCaCertificate(context, given)).toMatchObject({ isUnchanged: true });
    const [record, ...others] = await store.caCertificates.list();
    expect(others).toEqual([]);
    expect(toHex(record?.der ?? new Uint8Array())).toBe(hexOf(root)[0]);
    expect(await store.caCertificates.findBySubject(record?.subject ?? new Uint8Array())).toEqual([
      record,
    ]);
    expect(warnings).toEqual([]);
  });

  it('puts another one under a label only when told to', async () => {
    const { context, store } = await openSite();
    await importCaCertificate(context, given);
    const other = { ...given, certificates: [sub.certificate] };
    await expect(importCaCertificate(context, other)).rejects.toMatchObject(coded('CERT_EXISTS'));
    await importCaCertificate(context, { ...other, replace: true });
    const record = await store.caCertificates.get('rootA');
    expect(toHex(record?.der ?? new Uint8Array())).toBe(hexOf(sub)[0]);
  });

  it.each([
    ['an end entity', { certificates: [device.certificate] }, '"CN=device" is not a CA'],
    ['a private key beside it', { hasKey: true }, 'there is a private key with it'],
    ['a file without any', { certificates: [] }, 'there is no certificate in the file'],
    [
      'a file with several',
      { certificates: [root.certificate, root.certificate, sub.certificate] },
      'there are 2 certificates in the file: "CN=Root", "CN=Sub"',
    ],
    [
      'one of version 1 that is not self-signed',
      {
        certificates: [
          issue({ subject: 'CN=Old', issuer: root, key: sub.key, version: 0 }).certificate,
        ],
      },
      '"CN=Old" is not a CA',
    ],
  ])('refuses %s', async (_, changes, message) => {
    const { context, store } = await openSite();
    await expect(importCaCertificate(context, { ...given, ...changes })).rejects.toMatchObject({
      code: 'CERT_INVALID',
      message: expect.stringContaining(message),
    });
    expect(await store.caCertificates.list()).toEqual([]);
  });

  it('says how to import several one by one', async () => {
    const { context } = await openSite();
    const several = { ...given, certificates: [root.certificate, sub.certificate] };
    await expect(importCaCertificate(context, several)).rejects.toMatchObject({
      hint: expect.stringMatching(
        /csplit.*certkeeper cert import cert-name rootA-0 file rootA-0.pem ca/,
      ),
    });
  });

  it.each([
    ['of version 1', { version: 0 }, 'is of version 1, which cannot say that it is one'],
    [
      'that has expired',
      { isCa: true, notAfter: new Date('2026-03-01T00:00:00Z') },
      'expired on 2026-03-01T00:00:00Z',
    ],
    [
      'that is not valid yet',
      { isCa: true, notBefore: new Date('2026-09-01T00:00:00Z') },
      'is not valid before 2026-09-01T00:00:00Z',
    ],
    [
      'that may not sign certificates',
      {
        extensions: [
          extension('basicConstraints', { cA: true }, true),
          extension('keyUsage', ['cRLSign'], true),
        ],
      },
      'does not allow keyCertSign',
    ],
  ])('warns of one %s', async (_, options, warning) => {
    const { context, warnings } = await openSite();
    const { certificate } = issue({ subject: 'CN=odd', ...options });
    await importCaCertificate(context, { ...given, certificates: [certificate] });
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it('warns when another label has the same one', async () => {
    const { context, warnings } = await openSite();
    await importCaCertificate(context, given);
    await importCaCertificate(context, { ...given, label: named('rootB') });
    expect(warnings).toEqual(['the same CA certificate is here as "rootA", too']);
  });

  it('refuses a label that is the name of a certificate, and the other way round', async () => {
    const site = await openSite();
    await importCertificate(site.context, importing([root, sub]));
    const asLabel = importCaCertificate(site.context, { ...given, label: named('vendor') });
    await expect(asLabel).rejects.toMatchObject(coded('CERT_EXISTS'));
    await importCaCertificate(site.context, given);
    const asName = importCertificate(site.context, importing([sub], { name: named('rootA') }));
    await expect(asName).rejects.toMatchObject({
      code: 'CERT_EXISTS',
      message: expect.stringContaining('it is the label of a CA certificate'),
    });
    expect(await site.store.certificates.versions('rootA')).toEqual([]);
  });
});
