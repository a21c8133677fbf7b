import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { importCertificate } from '../../src/lifecycle/import-certificate.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { restoreCertificate } from '../../src/lifecycle/restore-certificate.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import {
  readTrackSource,
  serviceSource,
  type TrackReader,
} from '../../src/lifecycle/track-source.ts';
import { trackCertificate, type TrackRequest } from '../../src/lifecycle/track-certificate.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { issue, type Issued, type IssueOptions } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { ders, issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';
import {
  certificatesIn,
  coded,
  initialized,
  makeSite,
  named,
  request,
  wanted,
  type Site,
} from './site.ts';

const at = new Date('2026-06-15T12:00:00Z');
const root = issue({ subject: 'CN=Root', isCa: true });

function www(changes: Partial<IssueOptions> = {}): Issued {
  return issue({ subject: 'CN=www', issuer: root, ...changes });
}

async function openSite(): Promise<Site> {
  return makeSite({ clock: fakeClock(at) });
}

function tracking(certificates: readonly Certificate[], source?: string): TrackRequest {
  return {
    name: named('www'),
    ...(source !== undefined && { source }),
    read: () => Promise.resolve(certificates),
  };
}

const path = '/etc/ssl/www.pem';

async function gone(): Promise<never> {
  throw new Error('gone');
}

describe('trackCertificate()', () => {
  it('stores the certificate with its chain and without a key, and where it is read from', async () => {
    const { context, store } = await openSite();
    const { certificate } = www();
    const result = await trackCertificate(context, tracking([root.certificate, certificate], path));
    expect(result).toMatchObject({ source: path, isUnchanged: false });
    const current = await store.certificates.current('www');
    expect(current).toMatchObject({ source: 'track', version: 1, chain: [expect.anything()] });
    expect(current?.keyId).toBeUndefined();
    expect(await store.nameSettings.get('www', 'track-source')).toBe(path);
  });

  it('takes no key, though the store has it', async () => {
    const { context, store } = await openSite();
    const own = www();
    await importCertificate(context, {
      name: named('mine'),
      certificates: [own.certificate],
      key: generatedKey(own.key.privateKey),
      replace: false,
    });
    await trackCertificate(context, tracking([own.certificate], path));
    expect((await store.certificates.current('www'))?.keyId).toBeUndefined();
  });

  it('reads again what it was told to read first, and makes of another certificate the next version', async () => {
    const { context, store, warnings } = await openSite();
    const [first, second] = [www(), www({ notAfter: new Date('2027-06-30T00:00:00Z') })];
    await trackCertificate(context, tracking([first.certificate], path));
    const again = await trackCertificate(context, tracking([first.certificate]));
    expect(again).toMatchObject({ isUnchanged: true, source: path });
    const sources: string[] = [];
    const next = await trackCertificate(context, {
      name: named('www'),
      read: async (source) => {
        sources.push(source);
        return [second.certificate];
      },
    });
    expect(next).toMatchObject({ isUnchanged: false, certificate: { version: 2 } });
    expect(sources).toEqual([path]);
    const versions = await store.certificates.versions('www');
    expect(versions.map(({ status }) => status)).toEqual(['current', 'superseded']);
    expect(warnings).toEqual([]);
  });

  it('warns of one that has expired, ends earlier, or is of another subject', async () => {
    const { context, warnings } = await openSite();
    await trackCertificate(context, tracking([www().certificate], path));
    const other = issue({ subject: 'CN=other', notAfter: new Date('2026-03-01T00:00:00Z') });
    await trackCertificate(context, tracking([other.certificate]));
    expect(warnings).toEqual([
      'the certificate of "www" expired on 2026-03-01T00:00:00Z',
      `"www" is another's now: its subject is "CN=other", it was "CN=www"`,
      'the certificate of "www" ends on 2026-03-01T00:00:00Z, earlier than the one before it (2026-12-31T23:59:59Z)',
    ]);
  });

  it('changes nothing when the source cannot be read, or holds several certificates', async () => {
    const site = await openSite();
    await trackCertificate(site.context, tracking([www().certificate], path));
    const before = await certificatesIn(site);
    await expect(
      trackCertificate(site.context, { name: named('www'), source: '/elsewhere', read: gone }),
    ).rejects.toThrow('gone');
    const two = tracking([www().certificate, www().certificate], '/elsewhere');
    await expect(trackCertificate(site.context, two)).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(await certificatesIn(site)).toEqual(before);
    expect(await site.store.nameSettings.get('www', 'track-source')).toBe(path);
  });

  it('asks for the source of a name it does not know', async () => {
    const { context } = await openSite();
    await expect(trackCertificate(context, tracking([]))).rejects.toMatchObject(
      coded('CERT_UNKNOWN'),
    );
  });

  it('refuses the name of a certificate that is managed here', async () => {
    const site = await openSite();
    const own = www();
    await importCertificate(site.context, {
      name: named('www'),
      certificates: [own.certificate],
      replace: false,
    });
    const before = await certificatesIn(site);
    const attempt = trackCertificate(site.context, tracking([www().certificate], path));
    await expect(attempt).rejects.toMatchObject(coded('CERT_EXISTS'));
    expect(await certificatesIn(site)).toEqual(before);
  });
});

async function tracked(): Promise<{ readonly site: Site; readonly own: Issued }> {
  const site = await openSite();
  const own = www();
  await trackCertificate(site.context, tracking([own.certificate], path));
  return { site, own };
}

describe('a tracked certificate', () => {
  it.each<[string, (site: Site) => Promise<unknown>]>([
    ['update', ({ context }) => update(context, { current: named('www'), waitSeconds: 0 })],
    [
      'enroll',
      ({ context }) =>
        enroll(context, {
          current: named('www'),
          name: named('gw1'),
          wanted: wanted('CN=gw1'),
          key: { type: 'generate', keyType: 'p-256' },
          waitSeconds: 0,
        }),
    ],
    [
      'initialize by signer-cert',
      ({ context, profile: { label: ca } }) =>
        initialize(
          context,
          request({ ca, credential: { type: 'signature', signer: named('www') } }),
        ),
    ],
    [
      'revoke',
      ({ context }) =>
        revoke(context, { current: named('www'), reason: 'superseded', waitSeconds: 0 }),
    ],
    ['restore', ({ context }) => restoreCertificate(context, { name: named('www') })],
    ['deploy', ({ context }) => deployAgain(context, named('www'))],
  ])('is refused by %s, with the way out, and nothing is sent or written', async (_, act) => {
    const { site } = await tracked();
    // Which of two CAs to ask is not the question.
    const [profile] = await site.store.authorities.list();
    if (profile) await site.store.authorities.put({ ...profile, label: named('second') });
    const before = await certificatesIn(site);
    await expect(act(site)).rejects.toMatchObject({
      code: 'CERT_TRACKED',
      hint: expect.stringContaining('cert import cert-name www file … key-file … replace'),
    });
    expect(site.sent).toEqual([]);
    expect(site.files().size).toBe(0);
    expect(await certificatesIn(site)).toEqual(before);
  });

  it('is managed once it is imported with replace', async () => {
    const { site, own } = await tracked();
    const importing = {
      name: named('www'),
      certificates: [own.certificate],
      key: generatedKey(own.key.privateKey),
      replace: false,
    };
    await expect(importCertificate(site.context, importing)).rejects.toMatchObject(
      coded('CERT_EXISTS'),
    );
    const { certificate } = await importCertificate(site.context, { ...importing, replace: true });
    expect(certificate).toMatchObject({ source: 'import', version: 2 });
    expect(await site.store.nameSettings.get('www', 'track-source')).toBeUndefined();
  });

  it('is not what a request is delivered over', async () => {
    const site = await makeSite();
    await initialized(site);
    const attempt = trackCertificate(site.context, {
      ...tracking([www().certificate], path),
      name: named('gw1'),
    });
    await expect(attempt).rejects.toMatchObject(coded('CERT_EXISTS'));
  });
});

/** A reader that finds the same wherever it looks. */
function holding(octets: Uint8Array): TrackReader & { readonly asked: readonly unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    retrieve: async (url: string, options: object) => {
      asked.push([url, options]);
      return octets;
    },
  };
}

describe('readTrackSource()', () => {
  const certificate = encodePem('CERTIFICATE', certificateDer(www().certificate));

  it('reads certificates, as PEM or DER, and looks at no key beside them', async () => {
    const key =
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nnot even base64\n-----END ENCRYPTED PRIVATE KEY-----\n';
    const pem = holding(utf8(`${key}text\n${certificate}`));
    expect(await readTrackSource(path, pem)).toHaveLength(1);
    expect(await readTrackSource(path, holding(certificateDer(root.certificate)))).toHaveLength(1);
    expect(pem.asked).toEqual([[path, {}]]);
  });

  it('asks by the user in the URL', async () => {
    const reader = holding(utf8(certificate));
    await readTrackSource('sftp://bob@example.com/www.pem', reader);
    expect(reader.asked).toEqual([['sftp://example.com/www.pem', { username: 'bob' }]]);
  });

  it.each([
    ['a key alone', utf8('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')],
    ['junk', Uint8Array.from({ length: 500 }, (_, i) => (i * 7) & 0xff)],
    ['more certificates than a file has', utf8(certificate.repeat(201))],
  ])('refuses %s', async (_, octets) => {
    await expect(readTrackSource(path, holding(octets))).rejects.toMatchObject({
      name: 'CertError',
    });
  });

  it('reads what a TLS service shows, whoever signed it', async () => {
    const served = issueTls(issueCa('CN=ca'), loopbackNames);
    const server = createServer({ key: keyPem(served), cert: pems(served) });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    const found = await readTrackSource(serviceSource(`127.0.0.1:${port}`), holding(utf8('')));
    expect(found.map((each) => toHex(certificateDer(each)))).toEqual(ders(served).map(toHex));
  });

  it('says why a service cannot be asked', async () => {
    const source = serviceSource(`127.0.0.1:${await unusedPort()}`);
    await expect(readTrackSource(source, holding(utf8('')))).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringMatching(
        /^Cannot read the certificate of 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
      ),
    });
  });

  it('says so when a service speaks no TLS', async () => {
    const server = createPlainServer((_, response) => response.end('here is http'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    const reading = readTrackSource(serviceSource(`127.0.0.1:${port}`), holding(utf8('')));
    await expect(reading).rejects.toMatchObject({
      message: `Cannot read the certificate of 127.0.0.1:${port}: it is no TLS service`,
    });
  });

  it.each(['www', 'www:0', 'www:65536', ':443', 'a b:443', 'u@www:443', 'www:443/x', '[::1'])(
    'takes %s for no endpoint',
    (endpoint) => {
      expect(() => serviceSource(endpoint)).toThrow('it is no HOST:PORT');
    },
  );

  it.each(['www.example.com:443', '[::1]:8443', '192.0.2.1:443'])('takes %s', (endpoint) => {
    expect(serviceSource(endpoint)).toBe(`tls://${endpoint}`);
  });
});
