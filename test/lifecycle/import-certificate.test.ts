import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { Label } from '../../src/base/label.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { protect, type HeaderFields } from '../../src/cmp/protection/protect.ts';
import { generatedKey, type GeneratedKey } from '../../src/crypto/keys.ts';
import { openCredential } from '../../src/lifecycle/credential.ts';
import { importCertificate, type ImportRequest } from '../../src/lifecycle/import-certificate.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { readCredentialFile, type CredentialFile } from '../../src/pkcs/credential-file.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { GeneralName } from '../../src/x509/general-name.ts';
import { nullDn } from '../../src/x509/name.ts';
import { pkiconf } from '../cmp/answers.ts';
import { issue, makeKey, withBrokenSignature, type Issued } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { bodies, coded, issued, makeSite, named, request, type Site } from './site.ts';

const clock = (): ReturnType<typeof fakeClock> => fakeClock(new Date('2026-06-15T12:00:00Z'));

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });
const low = issue({ subject: 'CN=Low', issuer: sub, isCa: true });
const device = issue({ subject: 'CN=device', issuer: low });

function keyOf({ key }: Issued): GeneratedKey {
  return generatedKey(key.privateKey);
}

function certificatesOf(...all: readonly Issued[]): readonly Certificate[] {
  return all.map(({ certificate }) => certificate);
}

function importing(changes: Partial<ImportRequest> = {}): ImportRequest {
  return {
    name: named('vendor'),
    certificates: certificatesOf(device),
    key: keyOf(device),
    replace: false,
    ...changes,
  };
}

function hexOf(...all: readonly Issued[]): readonly string[] {
  return all.map(({ certificate }) => toHex(certificateDer(certificate)));
}

async function openSite(): Promise<Site> {
  return makeSite({ clock: clock() });
}

describe('importCertificate()', () => {
  it('takes the certificate of the key, and orders its chain by signature', async () => {
    const { context, store, warnings } = await openSite();
    const certificates = certificatesOf(root, low, device, sub, low);
    const { certificate } = await importCertificate(context, importing({ certificates }));
    expect(toHex(certificate.der)).toBe(hexOf(device)[0]);
    expect(certificate.chain.map(toHex)).toEqual(hexOf(low, sub, root));
    expect(certificate).toMatchObject({ source: 'import', status: 'current', version: 1 });
    expect(warnings).toEqual([]);
    const key = await store.keys.privateKey(certificate.keyId ?? 0);
    expect(toHex(key)).toBe(toHex(keyOf(device).pkcs8));
  });

  it('does not take an issuer for one that only has the name of it', async () => {
    const { context, warnings } = await openSite();
    const impostor = issue({ subject: 'CN=Low', issuer: sub, isCa: true });
    const certificates = certificatesOf(impostor, device, sub);
    const { certificate } = await importCertificate(context, importing({ certificates }));
    expect(certificate.chain).toEqual([]);
    expect(warnings).toEqual([
      'the chain of "vendor" is not complete: the certificate of "CN=Low" is missing; give it along with the certificate, or import it with "cert import … ca"',
      'left out what is not in the chain of "vendor": "CN=Low", "CN=Sub"',
    ]);
  });

  it('passes over an issuer whose own signature is damaged no more than a path check would', async () => {
    const { context } = await openSite();
    const damaged = withBrokenSignature(low);
    const certificates = [...certificatesOf(device, sub, root), damaged];
    const { certificate } = await importCertificate(context, importing({ certificates }));
    // Its key signed the device; who signed it is not known.
    expect(certificate.chain.map(toHex)).toEqual([toHex(certificateDer(damaged))]);
  });

  it('ends a chain of issuers that go round in circles', async () => {
    const { context } = await openSite();
    const [a, b] = [makeKey(), makeKey()];
    const first = issue({
      subject: 'CN=A',
      key: a,
      issuer: { subject: root.subject, key: b },
      isCa: true,
    });
    const round = issue({ subject: root.subject, key: b, issuer: first, isCa: true });
    const leaf = issue({ subject: 'CN=leaf', issuer: first });
    const { certificate } = await importCertificate(
      context,
      importing({ certificates: certificatesOf(leaf, first, round), key: keyOf(leaf) }),
    );
    expect(certificate.chain.map(toHex)).toEqual(hexOf(first, round));
  });

  it('refuses a key that fits none of the certificates', async () => {
    const { context, store } = await openSite();
    const other = importing({ key: keyOf(root), certificates: certificatesOf(device, low) });
    await expect(importCertificate(context, other)).rejects.toMatchObject({
      code: 'CERT_INVALID',
      message: 'Cannot import "vendor": the key (p-256) is not the one of "CN=device", "CN=Low"',
    });
    const none = importing({ certificates: [] });
    await expect(importCertificate(context, none)).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(await store.certificates.list({ all: true })).toEqual([]);
  });

  it('takes the one that is valid of two certificates for the key', async () => {
    const { context } = await openSite();
    const { key } = device;
    const old = issue({
      subject: 'CN=device',
      issuer: low,
      key,
      notBefore: new Date('2025-01-01T00:00:00Z'),
      notAfter: new Date('2026-01-01T00:00:00Z'),
    });
    const coming = issue({
      subject: 'CN=device',
      issuer: low,
      key,
      notBefore: new Date('2026-12-01T00:00:00Z'),
      notAfter: new Date('2028-01-01T00:00:00Z'),
    });
    const certificates = certificatesOf(old, coming, device);
    const { certificate } = await importCertificate(context, importing({ certificates }));
    expect(toHex(certificate.der)).toBe(hexOf(device)[0]);
  });

  it('takes a certificate without a key, if it is clear which', async () => {
    const { context } = await openSite();
    const { key: _, ...keyless } = importing();
    const certificates = certificatesOf(sub, device, low);
    const { certificate } = await importCertificate(context, { ...keyless, certificates });
    expect(toHex(certificate.der)).toBe(hexOf(device)[0]);
    expect(certificate.keyId).toBeUndefined();
    const two = { ...keyless, certificates: certificatesOf(device, root), replace: true };
    await expect(importCertificate(context, two)).rejects.toMatchObject({
      message: expect.stringContaining('no key to choose by, and there are "CN=device", "CN=Root"'),
    });
  });

  it('warns of a certificate that has expired or is not valid yet', async () => {
    const { context, warnings } = await openSite();
    const expired = issue({ subject: 'CN=a', notAfter: new Date('2026-03-01T00:00:00Z') });
    const early = issue({ subject: 'CN=b', notBefore: new Date('2026-09-01T00:00:00Z') });
    for (const [name, each] of [
      ['a', expired],
      ['b', early],
    ] as const) {
      const certificates = certificatesOf(each);
      await importCertificate(
        context,
        importing({ name: named(name), certificates, key: keyOf(each) }),
      );
    }
    expect(warnings).toEqual([
      'the certificate of "a" expired on 2026-03-01T00:00:00Z',
      'the certificate of "b" is not valid before 2026-09-01T00:00:00Z',
    ]);
  });

  it('refuses a name there is, unless it is to be replaced; the same again is no error', async () => {
    const { context, store } = await openSite();
    const first = await importCertificate(context, importing());
    const again = await importCertificate(context, importing());
    expect(again).toMatchObject({ certificate: first.certificate, isUnchanged: true });
    const other = issue({ subject: 'CN=other' });
    const next = importing({ certificates: certificatesOf(other), key: keyOf(other) });
    await expect(importCertificate(context, next)).rejects.toMatchObject({
      code: 'CERT_EXISTS',
      hint: expect.stringContaining('replace'),
    });
    const { certificate } = await importCertificate(context, { ...next, replace: true });
    expect(certificate).toMatchObject({ version: 2, status: 'current' });
    const versions = await store.certificates.versions('vendor');
    expect(versions.map(({ status }) => status)).toEqual(['current', 'superseded']);
  });

  it('refuses a name whose request is outstanding', async () => {
    const site = await makeSite({ clock: clock(), lab: { approval: 'manual' } });
    await initialize(site.context, request({ name: named('vendor'), waitSeconds: 0 }));
    const attempt = importCertificate(site.context, importing());
    await expect(attempt).rejects.toMatchObject(coded('TRANSACTION_OUTSTANDING'));
  });

  it('refuses a CA profile there is none of, and stores the one there is', async () => {
    const { context } = await openSite();
    const unknown = importCertificate(context, importing({ ca: named('nobody') }));
    await expect(unknown).rejects.toMatchObject(coded('CA_UNKNOWN'));
    const { certificate } = await importCertificate(context, importing({ ca: named('lab') }));
    expect(certificate.ca).toBe('lab');
  });

  it('delivers nothing and asks nobody', async () => {
    const { context, files, sent } = await openSite();
    await importCertificate(context, importing());
    expect(files().size).toBe(0);
    expect(sent).toEqual([]);
  });
});

describe('an imported credential', () => {
  it('signs every message of a transaction, also once the new certificate is there, and its certificate goes along without the root [P8][P9]', async () => {
    const site = await makeSite();
    const { credential, device: own } = await importVendor(site);
    issued(await initialize(site.context, request({ credential })));
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    const sender: GeneralName = { type: 'directoryName', value: own.tbsCertificate.subject };
    for (const der of site.sent) {
      const { header, extraCerts = [] } = decodeMessage(der);
      expect(hexOfName(header.sender)).toBe(hexOfName(sender));
      expect(extraCerts.map((each) => toHex(certificateDer(each)))).toEqual([
        toHex(certificateDer(own)),
      ]);
    }
  });

  it('brings its certificate first, then its chain in order, in every message [P8]', async () => {
    const { context } = await openSite();
    const certificates = certificatesOf(root, sub, low, device);
    const { certificate } = await importCertificate(context, importing({ certificates }));
    const credential = await openCredential(
      context,
      { type: 'signature', certificateId: certificate.id },
      (await openSite()).profile,
    );
    const sent = await protect(headerFields, pkiconf, credential);
    const { extraCerts = [] } = decodeMessage(sent);
    expect(extraCerts.map((each) => toHex(certificateDer(each)))).toEqual(hexOf(device, low, sub));
  });

  it('brings itself though it is self-signed [P8]', async () => {
    const { context, profile } = await openSite();
    const alone = issue({ subject: 'CN=alone' });
    const wanted = importing({ certificates: certificatesOf(alone), key: keyOf(alone) });
    const { certificate } = await importCertificate(context, wanted);
    const credential = await openCredential(
      context,
      { type: 'signature', certificateId: certificate.id },
      profile,
    );
    const { extraCerts = [] } = decodeMessage(await protect(headerFields, pkiconf, credential));
    expect(extraCerts.map((each) => toHex(certificateDer(each)))).toEqual(hexOf(alone));
  });

  it.each([
    ['has expired', { notAfter: new Date('2026-03-01T00:00:00Z') }, 'it expired on 2026-03-01'],
    [
      'is not valid yet',
      { notBefore: new Date('2026-09-01T00:00:00Z') },
      'it is not valid before 2026-09-01',
    ],
    [
      'may not make digital signatures',
      { extensions: [extension('keyUsage', ['keyAgreement'], true)] },
      'its keyUsage does not allow digitalSignature',
    ],
  ])('is not signed with when it %s, and nothing is sent [P10]', async (_, options, why) => {
    const site = await openSite();
    const bad = issue({ subject: 'CN=bad', ...options });
    await importCertificate(
      site.context,
      importing({ certificates: certificatesOf(bad), key: keyOf(bad) }),
    );
    const credential = { type: 'signature', signer: named('vendor') } as const;
    await expect(initialize(site.context, request({ credential }))).rejects.toMatchObject({
      code: 'CERT_INVALID',
      message: expect.stringContaining(why),
    });
    expect(site.sent).toEqual([]);
  });

  it('is not signed with when its key is not here [P10]', async () => {
    const site = await openSite();
    const { key: _, ...keyless } = importing();
    await importCertificate(site.context, keyless);
    const credential = { type: 'signature', signer: named('vendor') } as const;
    await expect(initialize(site.context, request({ credential }))).rejects.toMatchObject({
      message: expect.stringContaining('its private key is not here'),
      hint: expect.stringContaining('cert import'),
    });
  });
});

const headerFields: HeaderFields = {
  pvno: 2,
  recipient: { type: 'directoryName', value: nullDn },
  transactionID: new Uint8Array(16).fill(1),
  senderNonce: new Uint8Array(16).fill(2),
};

function hexOfName(name: GeneralName): string {
  return toHex(toDer(GeneralName, name));
}

function read(path: string): CredentialFile {
  return readCredentialFile(readFileSync(path), { path });
}

/** Import the lab's vendor device out of the files of the lab, with its root. */
async function importVendor({ lab, context }: Site): Promise<{
  readonly credential: { readonly type: 'signature'; readonly signer: Label };
  readonly device: Certificate;
}> {
  const files = await lab.writeFiles();
  const own = read(files.deviceCertificate).certificates;
  const { key } = read(files.deviceKey);
  const certificates = [...read(files.vendorRoot).certificates, ...own];
  await importCertificate(context, importing({ certificates, ...(key && { key }) }));
  const { certificate } = lab.authorities['vendor-device'];
  return { credential: { type: 'signature', signer: named('vendor') }, device: certificate };
}
