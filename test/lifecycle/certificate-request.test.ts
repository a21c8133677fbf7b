import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fromDer, rawOf, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { CertId } from '../../src/cmp/message/cert-id.ts';
import type { CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { POPOSigningKeyInput } from '../../src/cmp/message/proof-of-possession.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import type { Wanted } from '../../src/lifecycle/certificate-request.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { extension, extensionValue } from '../../src/x509/extension-values.ts';
import { isNullDn, Name, nullDn } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { timeOf } from '../../src/x509/time.ts';
import { bring } from './signed-answer.ts';
import { initialized, makeSite, named, request, sharedKey, wanted, type Site } from './site.ts';

/** The one CertReqMsg of the last ir, cr or kur that was sent, and how many there were in it. */
function asked({ sent }: Site): CertReqMsg & { readonly count: number } {
  for (const der of sent.toReversed()) {
    const { body } = decodeMessage(der);
    if (body.type !== 'ir' && body.type !== 'cr' && body.type !== 'kur') continue;
    const [only] = body.value;
    if (only) return { ...only, certReq: only.certReq, count: body.value.length };
  }
  throw new Error('no certificate was asked for');
}

/** Ask for a certificate under the shared secret. */
async function askedFor(more: Partial<Wanted>): Promise<ReturnType<typeof asked>> {
  const site = await makeSite();
  await initialize(site.context, request({ wanted: { ...wanted('CN=gw1,O=Test'), ...more } }));
  return asked(site);
}

async function ofEachKind(): Promise<readonly Site[]> {
  const ir = await makeSite();
  await initialized(ir);
  const cr = await makeSite();
  await initialized(cr);
  const { wanted: names, key } = request({ wanted: wanted('CN=gw2,O=Test') });
  const further = { current: named('gw1'), name: named('gw2'), wanted: names, key };
  await enroll(cr.context, { ...further, waitSeconds: 60 });
  const kur = await makeSite();
  await initialized(kur);
  await update(kur.context, { current: named('gw1'), waitSeconds: 60 });
  return [ir, cr, kur];
}

describe('an ir, cr or kur', () => {
  it('is one CertReqMsg with certReqId 0 [B1]', async () => {
    for (const site of await ofEachKind()) {
      expect(asked(site)).toMatchObject({ count: 1, certReq: { certReqId: 0 } });
    }
  });

  it('asks for nothing that only a CA can say [B2]', async () => {
    const ours = new Set(['issuer', 'validity', 'subject', 'publicKey', 'extensions']);
    for (const site of await ofEachKind()) {
      const { certTemplate } = asked(site).certReq;
      expect(Object.keys(certTemplate).filter((field) => !ours.has(field))).toEqual([]);
    }
  });

  it('has the whole new key in its template [B4]', async () => {
    const site = await makeSite();
    const key = await sharedKey('p-384');
    await initialize(site.context, request({ key: { type: 'given', key } }));
    const { publicKey } = asked(site).certReq.certTemplate;
    expect(publicKey && toHex(toDer(SubjectPublicKeyInfo, publicKey))).toBe(toHex(key.key.spki));
  });

  it('signs the DER of certReq with the new key, and claims no raVerified [B8][B9]', async () => {
    for (const site of await ofEachKind()) {
      const { certReq, popo } = asked(site);
      if (popo?.type !== 'signature') throw new Error(`popo is ${popo?.type}`);
      const { poposkInput, algorithmIdentifier: algorithm, signature } = popo.value;
      expect(poposkInput).toBeUndefined();
      const { publicKey: spki = new Uint8Array() } = certReq.certTemplate;
      const policy = { allowLegacy: false };
      expect(verifySignature({ spki, algorithm, data: rawOf(certReq), signature, policy })).toBe(
        true,
      );
    }
  });

  it('without subject signs poposkInput with the name of its signer instead [B3][B8]', async () => {
    const site = await makeSite({ lab: { layout: '3gpp' }, profile: { preset: '3gpp' } });
    await bring(site, 'vendor-device', 'vendor');
    const { wanted: names } = request();
    const result = await initialize(
      site.context,
      request({
        wanted: { subjectAltNames: names.subjectAltNames },
        credential: { type: 'signature', signer: named('vendor') },
      }),
    );
    const { certReq, popo } = asked(site);
    expect(certReq.certTemplate.subject).toBeUndefined();
    if (popo?.type !== 'signature') throw new Error(`popo is ${popo?.type}`);
    const { poposkInput, algorithmIdentifier: algorithm, signature } = popo.value;
    if (!poposkInput) throw new Error('there is no poposkInput');
    expect(poposkInput.authInfo.type).toBe('sender');
    const { publicKey: spki = new Uint8Array() } = certReq.certTemplate;
    const data = toDer(POPOSigningKeyInput, poposkInput);
    const policy = { allowLegacy: false };
    expect(verifySignature({ spki, algorithm, data, signature, policy })).toBe(true);
    expect(result.type).toBe('issued');
  });
});

describe('the template of a request', () => {
  it('names no issuer unless one is configured, least of all that of the signer [B5]', async () => {
    for (const site of await ofEachKind()) {
      expect(asked(site).certReq.certTemplate.issuer).toBeUndefined();
    }
    const issuer = parseName('CN=The CA');
    const sent = (await askedFor({ issuer })).certReq.certTemplate.issuer;
    expect(sent && toHex(toDer(Name, sent))).toBe(toHex(toDer(Name, issuer)));
  });

  it('has the validity that is asked for, one end or both, and else none [B6]', async () => {
    const notBefore = timeOf(new Date('2026-12-01T00:00:00Z'));
    const notAfter = timeOf(new Date('2050-01-01T00:00:00Z'));
    expect((await askedFor({})).certReq.certTemplate.validity).toBeUndefined();
    for (const validity of [{ notBefore }, { notAfter }, { notBefore, notAfter }]) {
      const template = (await askedFor({ validity })).certReq.certTemplate;
      expect(structuredClone(template.validity)).toEqual(validity);
    }
    expect([notBefore.type, notAfter.type]).toEqual(['utcTime', 'generalTime']);
  });

  it('has a critical subjectAltName where the subject is the NULL-DN, and nowhere else [B3]', async () => {
    const subjectAltNames = [{ type: 'dNSName', value: 'gw1.example' }] as const;
    for (const subject of [nullDn, parseName('CN=gw1,O=Test')]) {
      const template = (await askedFor({ subject, subjectAltNames })).certReq.certTemplate;
      expect(template.subject && isNullDn(template.subject)).toBe(subject === nullDn);
      expect(template.extensions?.map(({ critical }) => critical)).toEqual([subject === nullDn]);
    }
  });

  it('has the names and usages that are asked for [B7]', async () => {
    const { certReq } = await askedFor({
      subjectAltNames: [
        { type: 'dNSName', value: 'gw1.example' },
        { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
        { type: 'iPAddress', value: new Uint8Array(16).fill(1) },
        { type: 'uniformResourceIdentifier', value: 'urn:gw:1' },
        { type: 'rfc822Name', value: 'gw@example.org' },
        { type: 'directoryName', value: parseName('CN=alias') },
      ],
      extensions: [
        extension('keyUsage', ['digitalSignature'], true),
        extension('extKeyUsage', [oids.serverAuth]),
      ],
    });
    const { extensions } = certReq.certTemplate;
    expect(extensionValue(extensions, 'subjectAltName')?.map(({ type }) => type)).toEqual([
      'dNSName',
      'iPAddress',
      'iPAddress',
      'uniformResourceIdentifier',
      'rfc822Name',
      'directoryName',
    ]);
    expect(extensions?.map(({ critical }) => critical)).toEqual([false, true, false]);
    expect(structuredClone(extensionValue(extensions, 'keyUsage'))).toEqual(['digitalSignature']);
    expect(structuredClone(extensionValue(extensions, 'extKeyUsage'))).toEqual([oids.serverAuth]);
  });
});

describe('a kur', () => {
  const names = wanted('CN=gw1,O=Test', { type: 'dNSName', value: 'gw1.example' });

  it('names what the old certificate names and asks for nothing else [B10]', async () => {
    const site = await makeSite();
    const extensions = [extension('keyUsage', ['digitalSignature'], true)];
    await initialized(site, { wanted: { ...names, extensions } });
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    const template = asked(site).certReq.certTemplate;
    expect(Object.keys(template).toSorted()).toEqual(['extensions', 'publicKey', 'subject']);
    expect(template.extensions?.map(({ extnID }) => extnID)).toEqual([oids.subjectAltName]);
  });

  it('asks for the other extensions, too, where the CA profile says so [B10]', async () => {
    const site = await makeSite({ profile: { updateExtensions: 'keep' } });
    const extensions = [extension('keyUsage', ['digitalSignature'], true)];
    await initialized(site, { wanted: { ...names, extensions } });
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    const kept = asked(site).certReq.certTemplate.extensions?.map(({ extnID }) => extnID);
    expect(kept).toContain(oids.keyUsage);
  });

  it('names issuer and serial number of the old certificate in oldCertID [B11]', async () => {
    const site = await makeSite();
    const { certificate } = await initialized(site);
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    const { controls = [] } = asked(site).certReq;
    expect(controls.map(({ type }) => type)).toEqual(['1.3.6.1.5.5.7.5.1.5']);
    const id = fromDer(CertId, controls[0]?.value ?? new Uint8Array());
    const { issuer, serialNumber } = decodeCertificate(certificate.der).tbsCertificate;
    expect(id.serialNumber).toBe(serialNumber);
    if (id.issuer.type !== 'directoryName') throw new Error(`issuer is a ${id.issuer.type}`);
    expect(toHex(toDer(Name, id.issuer.value))).toBe(toHex(toDer(Name, issuer)));
  });
});
