import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { decodeMessage, PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { chainToSend } from '../../src/lifecycle/build-chain.ts';
import { importCaCertificate } from '../../src/lifecycle/ca-store.ts';
import { setDeployment } from '../../src/lifecycle/deploy-settings.ts';
import { importCertificate } from '../../src/lifecycle/import-certificate.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { chainLimit } from '../../src/lifecycle/setting-keys.ts';
import type { CertificateRecord } from '../../src/store/store.ts';
import { anchorHashes } from '../../src/revocation/anchor-hashes.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { issued, makeSite, named, request, type Site } from './site.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });
const low = issue({ subject: 'CN=Low', issuer: sub, isCa: true });
const device = issue({ subject: 'CN=device', issuer: low });

async function openSite(): Promise<Site> {
  return makeSite({ clock: fakeClock(new Date('2026-06-15T12:00:00Z')) });
}

async function imported(
  { context }: Site,
  ...issuers: readonly Issued[]
): Promise<CertificateRecord> {
  const { certificate } = await importCertificate(context, {
    name: named('vendor'),
    certificates: [device, ...issuers].map((each) => each.certificate),
    key: generatedKey(device.key.privateKey),
    replace: true,
  });
  return certificate;
}

async function keep({ context }: Site, label: string, certificate: Certificate): Promise<void> {
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

describe('chainToSend()', () => {
  it('stops below the root', async () => {
    const site = await openSite();
    const record = await imported(site, root, sub, low);
    expect(record.chain.map(toHex)).toEqual(hexOf(low, sub, root));
    expect((await chainToSend(site.context, record)).map(toHex)).toEqual(hexOf(low, sub));
  });

  it('stops below an anchor of its CA profile that is no root', async () => {
    const site = await openSite();
    const record = await imported(site, root, sub, low);
    await site.setProfile({ roots: [certificateDer(sub.certificate)] });
    const sent = await chainToSend(site.context, { ...record, ca: named('lab') });
    expect(sent.map(toHex)).toEqual(hexOf(low));
    // Somebody else's anchors are none of its own.
    expect((await chainToSend(site.context, record)).map(toHex)).toEqual(hexOf(low, sub));
  });

  it('stops below the anchor that a peer asks for, and is as ever when it leads to none of those', async () => {
    const site = await openSite();
    const record = await imported(site, root, sub, low);
    const stranger = issue({ subject: 'CN=Stranger', isCa: true });
    const sent = async (...anchors: readonly Issued[]): Promise<readonly string[]> => {
      const hashes = anchorHashes(anchors.map(({ certificate }) => certificate));
      return (await chainToSend(site.context, record, hashes)).map(toHex);
    };
    expect(await sent(stranger, sub)).toEqual(hexOf(low));
    expect(await sent(low)).toEqual([]);
    expect(await sent(root)).toEqual(hexOf(low, sub));
    expect(await sent(stranger)).toEqual(hexOf(low, sub));
  });

  it('takes what is missing in between from the local CA store, also what came there later', async () => {
    const site = await openSite();
    const record = await imported(site, low);
    expect((await chainToSend(site.context, record)).map(toHex)).toEqual(hexOf(low));
    await keep(site, 'sub', sub.certificate);
    expect((await chainToSend(site.context, record)).map(toHex)).toEqual(hexOf(low, sub));
  });

  it('takes it from CA profiles, too', async () => {
    const site = await openSite();
    const record = await imported(site);
    const intermediates = [sub, low].map(({ certificate }) => certificateDer(certificate));
    await site.setProfile({ intermediates });
    expect((await chainToSend(site.context, record)).map(toHex)).toEqual(hexOf(low, sub));
  });

  it('takes none that only has the name of an issuer', async () => {
    const site = await openSite();
    const record = await imported(site, low);
    await keep(site, 'sub', issue({ subject: 'CN=Sub', issuer: root, isCa: true }).certificate);
    expect((await chainToSend(site.context, record)).map(toHex)).toEqual(hexOf(low));
  });

  it('is no longer than 4 unless the setting says otherwise', async () => {
    const site = await openSite();
    const long = [root];
    for (let i = 0; i < 6; i++) {
      const [issuer = root] = long;
      long.unshift(issue({ subject: `CN=CA ${i}`, issuer, isCa: true }));
    }
    const leaf = issue({ subject: 'CN=deep', ...(long[0] && { issuer: long[0] }) });
    const { certificate: record } = await importCertificate(site.context, {
      name: named('deep'),
      certificates: [leaf, ...long].map(({ certificate }) => certificate),
      replace: false,
    });
    const lengths: number[] = [];
    for (const limit of [undefined, '1', '8']) {
      if (limit !== undefined) await site.store.settings.set(chainLimit, limit);
      lengths.push((await chainToSend(site.context, record)).length);
    }
    expect(lengths).toEqual([4, 1, 6]);
    expect(site.warnings).toEqual([
      'of 6 issuers of "deep" only 4 go along with it (cert chain-limit)',
      'of 6 issuers of "deep" only 1 go along with it (cert chain-limit)',
    ]);
  });

  it('is what is delivered', async () => {
    const site = await openSite();
    await imported(site, root, low);
    await keep(site, 'sub', sub.certificate);
    mkdirSync(site.certs, { mode: 0o700 });
    const path = `${site.certs}/full.pem`;
    const deployment = {
      label: named('files'),
      files: [{ kind: 'fullchain', path }],
      events: [],
    } as const;
    await setDeployment(site.context, named('vendor'), deployment, false);
    const pems = [device, low, sub].map(({ certificate }) =>
      encodePem('CERTIFICATE', certificateDer(certificate)),
    );
    expect(site.files().get('full.pem')).toBe(pems.join(''));
  });
});

/** Take the extraCerts from the answers; under a MAC they are not protected. */
async function strip(site: Site): Promise<void> {
  await site.setProfile({ intermediates: [] });
  site.setWire(async (der, lab) => {
    const { extraCerts: _, ...message } = decodeMessage(await lab(der));
    return toDer(PKIMessage, message);
  });
}

describe('a certificate whose issuer was left out of extraCerts', () => {
  it('is refused while nobody knows that issuer', async () => {
    const site = await makeSite();
    await strip(site);
    expect(await initialize(site.context, request())).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('no path leads from'),
    });
  });

  it('is taken with its chain when the local CA store has it, and nothing else is trusted for that', async () => {
    const site = await makeSite();
    await strip(site);
    const { certificate: issuing } = site.lab.authorities.issuing;
    await keep(site, 'issuing', issuing);
    const { certificate } = issued(await initialize(site.context, request()));
    expect(certificate.chain.map(toHex)).toEqual([toHex(certificateDer(issuing))]);
    expect(site.files().get('gw1.chain.pem')).toBe(
      encodePem('CERTIFICATE', certificateDer(issuing)),
    );
  });

  it('is refused when only its root is in the local CA store, and not in the CA profile', async () => {
    const site = await makeSite();
    await keep(site, 'root', site.lab.authorities.root.certificate);
    await site.setProfile({ roots: [certificateDer(root.certificate)] });
    expect(await initialize(site.context, request())).toMatchObject({ type: 'refused' });
  });
});
