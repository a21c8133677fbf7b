import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { hasInfo, infoValue } from '../../src/cmp/message/info-values.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { requestCertificate } from '../../src/lifecycle/request-certificate.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import { update } from '../../src/lifecycle/update.ts';
import { extension, extensionValue } from '../../src/x509/extension-values.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { nullDn, sameName } from '../../src/x509/name.ts';
import { timeOf } from '../../src/x509/time.ts';
import { pkcs10 } from './pkcs10.ts';
import { bring } from './signed-answer.ts';
import { initialized, issued, makeSite, named, request, wanted, type Site } from './site.ts';

const generate = { type: 'generate', keyType: 'p-256' } as const;

function headerOf(site: Site, type: string) {
  const found = site.sent.map((der) => decodeMessage(der)).find(({ body }) => body.type === type);
  if (!found) throw new Error(`no ${type} was sent`);
  return found.header;
}

/** The CertReqMsg of the request that was sent first, or of another kind. */
function requestOf(site: Site, type: 'ir' | 'cr' | 'kur' = 'ir') {
  for (const der of site.sent) {
    const { body } = decodeMessage(der);
    if ((body.type === 'ir' || body.type === 'cr' || body.type === 'kur') && body.type === type) {
      const [only] = body.value;
      if (only) return only;
    }
  }
  throw new Error(`no ${type} was sent`);
}

describe('certProfile and further generalInfo', () => {
  it('are in the first message of what asks for a certificate, and in nothing else [H13][H12]', async () => {
    const site = await makeSite({ profile: { certProfile: 'gateway' } });
    await initialized(site);
    await enroll(site.context, {
      current: named('gw1'),
      name: named('gw2'),
      wanted: wanted('CN=gw2'),
      key: generate,
      waitSeconds: 0,
    });
    await requestCertificate(site.context, {
      name: named('gw3'),
      certificationRequest: await pkcs10({ subject: 'CN=gw3' }),
      credential: { type: 'mac' },
      waitSeconds: 0,
    });
    await update(site.context, { current: named('gw1'), waitSeconds: 0 });
    await revoke(site.context, { current: named('gw2'), reason: 'superseded', waitSeconds: 0 });
    for (const type of ['ir', 'cr', 'p10cr', 'kur']) {
      const [profile] = infoValue(headerOf(site, type).generalInfo, 'certProfile') ?? [];
      expect(profile).toBe('gateway');
      expect(hasInfo(headerOf(site, type).generalInfo, 'implicitConfirm')).toBe(true);
    }
    for (const type of ['rr', 'certConf']) {
      expect(headerOf(site, type).generalInfo).toBeUndefined();
    }
  });

  it('come from the command before the CA profile [H13]', async () => {
    const site = await makeSite({ profile: { certProfile: 'gateway' } });
    const infoValueDer = Uint8Array.of(5, 0);
    await initialized(site, {
      wanted: {
        ...wanted('CN=gw1'),
        certProfile: 'base-station',
        generalInfo: [{ infoType: '1.2.3.4', infoValue: infoValueDer }, { infoType: '1.2.3.5' }],
      },
    });
    const { generalInfo } = headerOf(site, 'ir');
    const profiles = infoValue(generalInfo, 'certProfile') ?? [];
    expect([...profiles]).toEqual(['base-station']);
    const others = generalInfo?.filter(({ infoType }) => infoType.startsWith('1.2.3.'));
    expect(others?.map(({ infoType, infoValue: value }) => [infoType, value?.length])).toEqual([
      ['1.2.3.4', 2],
      ['1.2.3.5', undefined],
    ]);
  });
});

describe('regToken and authenticator', () => {
  const lab = { regToken: 'one-time', authenticator: 'mother’s maiden name' };

  it('are what the CA asked for [B7]', async () => {
    const site = await makeSite({ lab });
    await initialized(site, { wanted: { ...wanted('CN=gw1'), ...lab } });
    const controls = requestOf(site).certReq.controls ?? [];
    expect(controls.map(({ type }) => type)).toEqual([oids.regToken, oids.authenticator]);
  });

  it('are missed by a CA that asked for them', async () => {
    const site = await makeSite({ lab });
    expect(await initialize(site.context, request())).toMatchObject({ type: 'rejected' });
  });
});

describe('a request without subject', () => {
  it('proves possession with poposkInput under a signature, and gets the name of its signer [B3][B8]', async () => {
    const site = await makeSite({ lab: { layout: '3gpp' } });
    await bring(site, 'vendor-device', 'vendor');
    const { certificate } = await initialized(site, {
      wanted: { subjectAltNames: [] },
      credential: { type: 'signature', signer: named('vendor') },
    });
    const { certReq, popo } = requestOf(site);
    expect(certReq.certTemplate.subject).toBeUndefined();
    expect(certReq.certTemplate.issuer).toBeUndefined();
    expect(popo?.type === 'signature' && popo.value.poposkInput?.authInfo.type).toBe('sender');
    const { subject } = decodeCertificate(certificate.der).tbsCertificate;
    expect(sameName(subject, nullDn)).toBe(false);
  });

  it('proves possession with a MAC over the key under the shared secret [B8]', async () => {
    const site = await makeSite();
    await initialize(site.context, request({ wanted: { subjectAltNames: [] } })).catch(() => {});
    const { popo } = requestOf(site);
    expect(popo?.type === 'signature' && popo.value.poposkInput?.authInfo.type).toBe(
      'publicKeyMAC',
    );
    const [first] = await site.store.history.list();
    expect(first?.text ?? '').not.toContain('badPOP');
  });
});

describe('what a template may say beside names', () => {
  it('is sent as asked: usages, policies, validity, names of every kind [B6][B7]', async () => {
    const site = await makeSite();
    const names = [
      { type: 'dNSName', value: 'gw1.example' },
      { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
      { type: 'iPAddress', value: new Uint8Array(16).fill(1) },
      { type: 'uniformResourceIdentifier', value: 'urn:gw:1' },
      { type: 'rfc822Name', value: 'gw1@example.org' },
      { type: 'directoryName', value: parseName('CN=other') },
    ] as const;
    const notAfter = timeOf(new Date('2026-12-20T00:00:00Z'));
    const { certificate } = await initialized(site, {
      wanted: {
        ...wanted('CN=gw1,O=Test', ...names),
        extensions: [
          extension('keyUsage', ['digitalSignature', 'keyEncipherment'], true),
          extension('extKeyUsage', [oids.serverAuth, oids.ipsecIKE]),
          extension('certificatePolicies', [{ policyIdentifier: '1.2.3.4' }]),
        ],
        validity: { notAfter },
      },
    });
    const { certTemplate } = requestOf(site).certReq;
    expect(certTemplate.validity?.notAfter?.value).toEqual(notAfter.value);
    expect(certTemplate.validity?.notBefore).toBeUndefined();
    const { extensions } = certTemplate;
    expect(extensionValue(extensions, 'subjectAltName')?.map(({ type }) => type)).toEqual(
      names.map(({ type }) => type),
    );
    expect([...(extensionValue(extensions, 'keyUsage') ?? [])]).toEqual([
      'digitalSignature',
      'keyEncipherment',
    ]);
    const { validity } = decodeCertificate(certificate.der).tbsCertificate;
    expect(validity.notAfter.value).toEqual(notAfter.value);
  });
});

describe('update-extensions keep', () => {
  it('asks for what the old certificate has, but for what its issuer says of itself and the key [B10]', async () => {
    const site = await makeSite({ profile: { updateExtensions: 'keep' } });
    await initialized(site, {
      wanted: {
        ...wanted('CN=gw1,O=Test', { type: 'dNSName', value: 'gw1.example' }),
        extensions: [extension('extKeyUsage', [oids.serverAuth])],
      },
    });
    issued(await update(site.context, { current: named('gw1'), waitSeconds: 0 }));
    const asked = requestOf(site, 'kur').certReq.certTemplate.extensions ?? [];
    const ids = asked.map(({ extnID }) => extnID);
    expect(ids).toContain(oids.extKeyUsage);
    expect(ids).toContain(oids.subjectAltName);
    expect(ids).not.toContain(oids.subjectKeyIdentifier);
    expect(ids).not.toContain(oids.authorityKeyIdentifier);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is not asked for by default: names and nothing else [B10]', async () => {
    const site = await makeSite();
    await initialized(site, {
      wanted: {
        ...wanted('CN=gw1,O=Test', { type: 'dNSName', value: 'gw1.example' }),
        extensions: [extension('extKeyUsage', [oids.serverAuth])],
      },
    });
    issued(await update(site.context, { current: named('gw1'), waitSeconds: 0 }));
    const asked = requestOf(site, 'kur').certReq.certTemplate.extensions ?? [];
    expect(asked.map(({ extnID }) => extnID)).toEqual([oids.subjectAltName]);
  });
});

describe('a certificate that must be stapled', () => {
  it('is renewed as one: the CA would not have that of the old certificate, and nothing else is asked for [B10]', async () => {
    const site = await makeSite();
    const extensions = [extension('tlsFeature', [5]), extension('extKeyUsage', [oids.serverAuth])];
    await initialized(site, { wanted: { ...wanted('CN=gw1,O=Test'), extensions } });
    const { certificate } = issued(
      await update(site.context, { current: named('gw1'), waitSeconds: 0 }),
    );
    const asked = requestOf(site, 'kur').certReq.certTemplate.extensions;
    expect(asked?.map(({ extnID }) => extnID)).toEqual([oids.tlsFeature]);
    const { extensions: given } = decodeCertificate(certificate.der).tbsCertificate;
    expect([...(extensionValue(given, 'tlsFeature') ?? [])]).toEqual([5]);
  });
});

describe('the issuer in a template', () => {
  it('is the one of the CA profile, never that of who signs [B5]', async () => {
    const site = await makeSite();
    await bring(site, 'vendor-device', 'vendor');
    const credential = { type: 'signature', signer: named('vendor') } as const;
    await initialized(site, { credential });
    expect(requestOf(site).certReq.certTemplate.issuer).toBeUndefined();
    await site.setProfile({ issuer: 'CN=Lab Issuing CA,O=certkeeper lab' });
    await initialized(site, { name: named('gw2'), wanted: wanted('CN=gw2'), credential });
    const last = site.sent
      .map((der) => decodeMessage(der).body)
      .findLast((body) => body.type === 'ir');
    const issuer = last?.type === 'ir' ? last.value[0]?.certReq.certTemplate.issuer : undefined;
    expect(sameName(issuer ?? nullDn, parseName('CN=Lab Issuing CA,O=certkeeper lab'))).toBe(true);
  });
});
